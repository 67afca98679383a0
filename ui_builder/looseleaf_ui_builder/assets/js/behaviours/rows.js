// Rows of a list by keys: J and K move, Enter opens (it is a link), X ticks, E edits.
import { define } from "../behaviour.js";

define("rows", (list) => {
  const links = () => [...list.querySelectorAll("[data-row-link]")].filter((link) => link.checkVisibility());
  const keyed = (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.documentElement.dataset.keys === "off" || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, [popover]")) return;
    const all = links();
    const row = document.activeElement?.closest?.("[data-row]");
    const at = all.findIndex((link) => link.closest("[data-row]") === row);
    const key = event.key.toLowerCase();
    if (key === "j" || key === "k") {
      event.preventDefault();
      all[Math.max(0, Math.min(all.length - 1, at + (key === "j" ? 1 : -1)))]?.focus();
    } else if (key === "x" && row) {
      event.preventDefault();
      row.querySelector("input[type=checkbox]")?.click();
      all[at]?.focus();
    } else if (key === "e" && row?.dataset.edit) {
      event.preventDefault();
      location.assign(row.dataset.edit);
    }
  };
  addEventListener("keydown", keyed);
  return () => removeEventListener("keydown", keyed);
});
