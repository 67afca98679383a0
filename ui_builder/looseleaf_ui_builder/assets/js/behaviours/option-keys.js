// Arrow keys in a search box walk through the links of its results; Enter opens the marked one.
import { define } from "../behaviour.js";

define("option-keys", (input) => {
  const results = document.getElementById(input.dataset.options);
  const links = () => [...results.querySelectorAll("a")];
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const all = links();
    const at = all.findIndex((link) => link.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!all.length) return;
      const next = (at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length;
      all.forEach((link, each) => link.setAttribute("aria-selected", String(each === next)));
      all[next].scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      all[at].click();
    }
  });
});
