// Buttons above a text area that put marks around what is selected.
import { define } from "../behaviour.js";

const marks = {
  bold: ["<b>", "</b>"],
  italic: ["<i>", "</i>"],
  heading: ["<h3>", "</h3>"],
  list: ["<ul>\n<li>", "</li>\n</ul>"],
  quote: ["<blockquote>", "</blockquote>"],
  link: ['<a href="https://">', "</a>"],
};

define("toolbar", (bar) => {
  const area = document.getElementById(bar.dataset.area);
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("[data-mark]");
    if (!button) return;
    const [before, after] = marks[button.dataset.mark];
    const { selectionStart: from, selectionEnd: to, value } = area;
    const inner = button.dataset.mark === "list" ? value.slice(from, to).split("\n").join("</li>\n<li>") : value.slice(from, to);
    area.setRangeText(before + inner + after, from, to, "select");
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
});
