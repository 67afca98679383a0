// Places a popover beside the button that opens it, inside the window; arrow keys walk through its items.
import { define } from "../behaviour.js";

define("popover", (button) => {
  const popover = document.getElementById(button.getAttribute("popovertarget"));
  if (!popover) return undefined;
  button.setAttribute("aria-expanded", "false");
  let mine = false;
  const place = () => {
    const at = button.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = popover;
    const rightward = at.left + width < innerWidth - 8;
    const below = at.bottom + height + 6 < innerHeight || at.top < height;
    popover.style.left = `${Math.max(8, rightward ? at.left : at.right - width)}px`;
    popover.style.top = `${Math.max(8, below ? Math.min(at.bottom + 6, innerHeight - height - 8) : at.top - height - 6)}px`;
  };
  const pressed = () => (mine = true);
  const toggled = (event) => {
    const open = event.newState === "open";
    if (open && !mine) return;
    button.setAttribute("aria-expanded", String(open));
    mine = open && mine;
    if (!open) return;
    place();
    (popover.querySelector("[autofocus]") ?? items()[0])?.focus();
  };
  const items = () => [...popover.querySelectorAll(".menu-item")].filter((item) => item.checkVisibility());
  const keyed = (event) => {
    if (!["ArrowDown", "ArrowUp"].includes(event.key) || !event.target.matches(".menu-item")) return;
    event.preventDefault();
    const all = items();
    const at = all.indexOf(document.activeElement);
    all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]?.focus();
  };
  button.addEventListener("click", pressed);
  popover.addEventListener("toggle", toggled);
  popover.addEventListener("keydown", keyed);
  return () => {
    popover.removeEventListener("toggle", toggled);
    popover.removeEventListener("keydown", keyed);
  };
});
