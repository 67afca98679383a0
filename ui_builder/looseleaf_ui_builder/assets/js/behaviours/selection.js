// Ticking rows: all at once by the head's box, a range with Shift; the bar below says how many and goes with Esc.
import { define } from "../behaviour.js";

define("selection", (form) => {
  const all = form.querySelector("[data-select-all]");
  const bar = form.querySelector("[data-selection-bar]");
  const boxes = () => [...form.querySelectorAll("input[data-select]")];
  let last = null;
  const show = () => {
    const ticked = boxes().filter((box) => box.checked);
    for (const box of boxes()) box.closest("[data-row]")?.classList.toggle("selected", box.checked);
    if (all) {
      all.checked = ticked.length > 0 && ticked.length === boxes().length;
      all.indeterminate = ticked.length > 0 && !all.checked;
    }
    bar.hidden = ticked.length === 0;
    for (const count of bar.querySelectorAll("[data-count]"))
      count.textContent = count.dataset.count.replace("{count}", String(ticked.length));
  };
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-select-none]")) {
      for (const box of boxes()) box.checked = false;
      show();
    }
    const box = event.target.closest("input[data-select]");
    if (!box) return;
    const every = boxes();
    if (event.shiftKey && last && every.includes(last)) {
      const [from, to] = [every.indexOf(last), every.indexOf(box)].sort((a, b) => a - b);
      for (const between of every.slice(from, to + 1)) between.checked = box.checked;
    }
    last = box;
    show();
  });
  all?.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    show();
  });
  const escaped = (event) => {
    if (event.key !== "Escape" || bar.hidden || document.querySelector("dialog[open], :popover-open")) return;
    for (const box of boxes()) box.checked = false;
    show();
  };
  addEventListener("keydown", escaped);
  show();
  return () => removeEventListener("keydown", escaped);
});
