// Dialogs: opened by a button (data-dialog names it), on arrival (data-open), or fetched from a link's address.
import { define, fragment } from "../behaviour.js";

define("open-dialog", (button) => {
  button.addEventListener("click", () => {
    button.closest("[popover]")?.hidePopover();
    const dialog = document.getElementById(button.dataset.dialog);
    if (dialog && !dialog.open) dialog.showModal();
  });
});

define("dialog", (dialog) => {
  if (dialog.hasAttribute("data-open") && !dialog.open) dialog.showModal();
  dialog.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) {
      event.preventDefault();
      dialog.close();
    }
  });
  // A fetched dialog leaves the page when it is closed.
  if (dialog.hasAttribute("data-fetched")) dialog.addEventListener("close", () => dialog.remove());
});

// A link to a page with a dialog on it: with scripts only the dialog comes, over this page.
define("dialog-link", (link) => {
  link.addEventListener("click", async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    link.closest("[popover]")?.hidePopover();
    link.setAttribute("aria-busy", "true");
    try {
      const { content } = await fragment(link.href);
      const dialog = content.querySelector("dialog");
      if (!dialog) {
        location.assign(link.href);
        return;
      }
      dialog.setAttribute("data-fetched", "");
      dialog.setAttribute("data-open", "");
      document.body.append(dialog);
      htmx.process(dialog);
    } catch {
      location.assign(link.href);
    } finally {
      link.removeAttribute("aria-busy");
    }
  });
});
