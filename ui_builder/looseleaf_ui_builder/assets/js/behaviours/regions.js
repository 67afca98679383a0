// Selects that depend on each other: province, city, district. Each asks the server for the choices below the one above.
import { define, fragment } from "../behaviour.js";

define("regions", (box) => {
  const selects = [...box.querySelectorAll("select")];
  box.addEventListener("change", async (event) => {
    const at = selects.indexOf(event.target);
    if (at < 0 || at === selects.length - 1) return;
    for (const below of selects.slice(at + 1)) below.replaceChildren(below.options[0]);
    if (!event.target.value) return;
    const url = new URL(box.dataset.url, location.href);
    url.searchParams.set(
      "within",
      selects
        .slice(0, at + 1)
        .map((select) => select.value)
        .join("/"),
    );
    const { answer, content } = await fragment(url);
    if (answer.ok) selects[at + 1].append(content);
  });
});
