"""GET /metrics, for Prometheus: there if LINKMGR_METRICS_TOKEN is set, and for those who know it."""
