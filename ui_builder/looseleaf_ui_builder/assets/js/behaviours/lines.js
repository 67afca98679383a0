// A table whose rows are edited in place: rows are added from a template, removed, and numbered anew.
import { define } from "../behaviour.js";

define("lines", (table) => {
  const body = table.querySelector("tbody");
  const template = table.querySelector("template");
  let next = body.rows.length;
  const told = () => table.dispatchEvent(new Event("change", { bubbles: true }));
  const add = () => {
    const holder = document.createElement("tbody");
    holder.innerHTML = template.innerHTML.replaceAll("__row__", String(next++));
    const row = holder.rows[0];
    body.append(row);
    htmx.process(row);
    row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    told();
  };
  table.addEventListener("click", (event) => {
    if (event.target.closest("[data-add-row]")) add();
    const remove = event.target.closest("[data-remove-row]");
    if (!remove) return;
    const row = remove.closest("tr");
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    (neighbour?.querySelector("[data-remove-row]") ?? table.querySelector("[data-add-row]"))?.focus();
    told();
  });
  table.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey || !event.target.matches("input")) return;
    if (event.target.getAttribute("aria-expanded") === "true") return;
    event.preventDefault();
    if (event.target.closest("tr") === body.lastElementChild) add();
  });
  // A draft that was restored may hold more rows than the page: the form behind asks for them by name.
  table.addEventListener("lines:need", (event) => {
    while (body.rows.length < event.detail) add();
  });
});
