// A list of things that can be moved up and down, by buttons, keys (Alt + arrows) or by dragging its handle.
import { define } from "../behaviour.js";

define("reorder", (list) => {
  const move = (item, step) => {
    const other = step < 0 ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    step < 0 ? other.before(item) : other.after(item);
    list.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const pressed = (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    move(button.closest("li"), Number(button.dataset.move));
    button.focus();
  };
  const keyed = (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    const item = event.target.closest("li");
    if (!item) return;
    event.preventDefault();
    move(item, event.key === "ArrowUp" ? -1 : 1);
    event.target.focus();
  };
  let dragged = null;
  const started = (event) => {
    dragged = event.target.closest("li");
    dragged?.classList.add("dragged");
  };
  const over = (event) => {
    const item = event.target.closest("li");
    if (!dragged || !item || item === dragged || item.parentElement !== list) return;
    event.preventDefault();
    const box = item.getBoundingClientRect();
    event.clientY > box.y + box.height / 2 ? item.after(dragged) : item.before(dragged);
  };
  const ended = () => {
    dragged?.classList.remove("dragged");
    dragged = null;
  };
  list.addEventListener("click", pressed);
  list.addEventListener("keydown", keyed);
  list.addEventListener("dragstart", started);
  list.addEventListener("dragover", over);
  list.addEventListener("dragend", ended);
});

// A box that narrows a list to the items whose text holds what is typed.
define("narrow", (input) => {
  const list = document.getElementById(input.dataset.list);
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const item of list.children) item.hidden = wanted !== "" && !item.textContent.toLowerCase().includes(wanted);
  });
});
