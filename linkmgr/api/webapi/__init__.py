"""The dialect of ASP.NET Web API 2 (seed 003): JSON, XML and forms in, JSON and XML out."""
