// Moves the focus to an element when it arrives: the summary of faults, the heading of a changed region.
import { define } from "../behaviour.js";

define("focus", (element) => {
  if (!element.hasAttribute("tabindex") && !element.matches("input, select, textarea, button, a")) element.tabIndex = -1;
  requestAnimationFrame(() => element.focus());
});
