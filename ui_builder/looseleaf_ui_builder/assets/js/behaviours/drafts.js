// What is typed into a form is kept in this browser tab until it is saved: a closed dialog, a lost network or a sign-out costs nothing.
import { define } from "../behaviour.js";

const prefix = "looseleaf-draft:";

function content(form) {
  return JSON.stringify([...new FormData(form)].filter(([name, value]) => typeof value === "string" && !name.startsWith("_")));
}

function fill(form, pairs) {
  const values = new Map();
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
  for (const control of form.elements) {
    if (!control.name || control.name.startsWith("_") || control.type === "file") continue;
    const given = values.get(control.name) ?? [];
    if (control.type === "checkbox" || control.type === "radio") control.checked = given.includes(control.value);
    else if (control.multiple) for (const option of control.options) option.selected = given.includes(option.value);
    else if (given.length) control.value = given.shift();
  }
  form.dispatchEvent(new Event("draft:filled", { bubbles: true }));
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

define("draft", (form) => {
  const key = prefix + form.dataset.draft;
  const atFirst = content(form);
  let saved = false;
  const offer = form.querySelector("[data-draft-offer]");
  const kept = sessionStorage.getItem(key);
  if (offer && kept && kept !== atFirst && !form.querySelector(".fault-summary")) {
    offer.hidden = false;
    offer.querySelector("[data-draft-restore]").addEventListener("click", () => {
      fill(form, JSON.parse(kept));
      offer.hidden = true;
    });
    offer.querySelector("[data-draft-drop]").addEventListener("click", () => {
      sessionStorage.removeItem(key);
      offer.hidden = true;
    });
  }
  const remember = () => {
    const now = content(form);
    if (now === atFirst) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, now);
  };
  let timer = 0;
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(remember, 400);
  };
  const leaving = (event) => {
    if (!saved && content(form) !== atFirst) event.preventDefault();
  };
  const answered = (event) => {
    if (event.detail.ctx.response?.headers.get("HX-Redirect")) {
      saved = true;
      clearTimeout(timer);
      sessionStorage.removeItem(key);
    }
  };
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("htmx:after:request", answered);
  form.addEventListener("click", (event) => {
    if (!event.target.closest("[data-draft-leave]")) return;
    saved = true;
    sessionStorage.removeItem(key);
  });
  addEventListener("beforeunload", leaving);
  return () => {
    clearTimeout(timer);
    removeEventListener("beforeunload", leaving);
  };
});
