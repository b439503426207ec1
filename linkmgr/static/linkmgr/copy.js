// Buttons with data-copy put their text on the clipboard and say so, to the eye and to screen readers.
"use strict";

(() => {
    const SHOWN_MILLISECONDS = 2000;

    // Browsers offer navigator.clipboard on https and localhost only; an estate's own network often has neither.
    async function copy(text) {
        if (navigator.clipboard && window.isSecureContext) {
            return navigator.clipboard.writeText(text);
        }
        const field = document.createElement("textarea");
        field.value = text;
        field.className = "copy-source";
        document.body.append(field);
        field.select();
        const copied = document.execCommand("copy");
        field.remove();
        if (!copied) {
            throw new Error("the browser refuses to copy");
        }
    }

    function announce(status, button, message) {
        const label = button.dataset.label || button.textContent;
        button.dataset.label = label;
        button.textContent = message;
        status.textContent = message;
        setTimeout(() => {
            button.textContent = label;
            status.textContent = "";
        }, SHOWN_MILLISECONDS);
    }

    document.addEventListener("DOMContentLoaded", () => {
        const status = document.createElement("div");
        status.id = "copy-status";
        status.setAttribute("role", "status");
        status.className = "visually-hidden";
        // within a landmark, where screen readers and checkers expect all content
        (document.querySelector("main") || document.body).append(status);
        document.addEventListener("click", async (event) => {
            const button = event.target.closest("button[data-copy]");
            if (!button) {
                return;
            }
            try {
                await copy(button.dataset.copy);
                announce(status, button, "Copied");
            } catch {
                announce(status, button, "Not copied");
            }
            button.focus();
        });
    });
})();
