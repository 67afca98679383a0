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

// The dialog on the page at an address, over this page; where there is none, the page itself.
async function openFrom(url, origin) {
  origin.setAttribute("aria-busy", "true");
  try {
    const { content } = await fragment(url);
    const dialog = content.querySelector("dialog");
    if (!dialog) {
      location.assign(url);
      return;
    }
    dialog.setAttribute("data-fetched", "");
    dialog.setAttribute("data-open", "");
    document.body.append(dialog);
    htmx.process(dialog);
  } catch {
    location.assign(url);
  } finally {
    origin.removeAttribute("aria-busy");
  }
}

// A link to a page with a dialog on it: with scripts only the dialog comes, over this page.
define("dialog-link", (link) => {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    link.closest("[popover]:popover-open")?.hidePopover();
    openFrom(link.href, link);
  });
});

// The same for a button that sends a form by its address.
define("dialog-submit", (button) => {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    const url = new URL(button.formAction, location.href);
    for (const [name, value] of new FormData(button.form)) url.searchParams.append(name, value);
    openFrom(url.href, button);
  });
});
