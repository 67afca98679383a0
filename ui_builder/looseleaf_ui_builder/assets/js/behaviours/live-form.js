// A form that thinks along: fields and sections show and hide, stars come and go, formulas are worked out while one types.
// The rules come from the server as data; the server decides in any case.
import { define, fragment } from "../behaviour.js";
import { evaluate, holds } from "../expressions.js";

const listKinds = new Set(["options", "records"]);

// The JSON form of a field's value, read from its controls.
function read(holder, kind) {
  const controls = [...holder.querySelectorAll("input[name], select[name], textarea[name]")].filter(
    (control) => !control.name.startsWith("_"),
  );
  if (!controls.length) return null;
  if (kind === "boolean") {
    const box = holder.querySelector("input[type=checkbox]");
    return box ? box.checked : controls[0].value === "true";
  }
  if (listKinds.has(kind)) {
    return controls.filter((control) => control.value && (control.type !== "checkbox" || control.checked)).map((control) => control.value);
  }
  const main = controls.find((control) => (control.type !== "radio" || control.checked) && !control.name.includes(".")) ?? controls[0];
  const text = (main.type === "radio" && !main.checked ? "" : main.value).trim();
  if (text === "") return null;
  if (kind === "number" || kind === "currency" || kind === "percent") return number(text, kind);
  return text;
}

// Plain digits out of what people type: 1,286.50 and 15% and 12万. Anything else is left to the server.
function number(text, kind) {
  const found = text.replace(/[\s,，￥¥]/g, "").match(/^(-?\d+(?:\.\d+)?)(万|亿|%|％)?$/);
  if (!found) return null;
  const shift = { 万: 4, 亿: 8, "%": -2, "％": -2 }[found[2]] ?? (kind === "percent" ? -2 : 0);
  return shifted(found[1], shift);
}

// A decimal text with its point moved: exact, without floats.
function shifted(text, places) {
  const sign = text.startsWith("-") ? "-" : "";
  const [whole, part = ""] = text.replace("-", "").split(".");
  const digits = whole + part;
  const point = whole.length + places;
  const padded = point <= 0 ? "0".repeat(1 - point) + digits : digits.padEnd(point, "0");
  const at = Math.max(point, 1);
  return sign + padded.slice(0, at) + (padded.length > at ? `.${padded.slice(at)}` : "");
}

function shown(value, rule, rules) {
  if (value === null) return "";
  const language = rules.locale === "zh" ? "zh-CN" : "en";
  if (rule.returns === "currency") {
    const whole = Number.isInteger(Number(value)) ? { minimumFractionDigits: 0 } : {};
    return new Intl.NumberFormat(language, {
      style: "currency",
      currency: rules.currency,
      currencyDisplay: "narrowSymbol",
      ...whole,
    }).format(value);
  }
  if (rule.returns === "percent") return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 2 }).format(value);
  if (typeof value === "boolean") return value ? rules.yes : rules.no;
  if (typeof value === "number" || /^-?\d+(\.\d+)?$/.test(String(value)))
    return new Intl.NumberFormat(language, { maximumFractionDigits: 10 }).format(value);
  return String(value);
}

// Fields whose amount is in another currency than the workspace's: only the server knows the rate.
function foreignOf(root, currency) {
  const chosen = [...root.querySelectorAll('select[name$=".currency"]')].filter((select) => select.value !== currency);
  return new Set(chosen.map((select) => select.closest("[data-field]")?.dataset.field));
}

function apply(root, rules, all, scope) {
  const foreign = foreignOf(root, all.currency);
  for (const [name, rule] of Object.entries(rules.formulas)) {
    const output = root.querySelector(`[data-computed="${name}"]`);
    if (rule.reads.some((read) => foreign.has(read))) {
      foreign.add(name);
      if (output) output.textContent = "…";
      continue;
    }
    const value = evaluate(rule.value, scope);
    scope[name] = value;
    if (output) output.textContent = shown(value, rule, all);
  }
  for (const [name, rule] of Object.entries(rules.visible)) {
    const field = root.querySelector(`[data-field="${name}"]`);
    if (field) field.hidden = !holds(rule, scope);
  }
  for (const [name, rule] of Object.entries(rules.required)) {
    const field = root.querySelector(`[data-field="${name}"]`);
    const needed = holds(rule, scope);
    const mark = field?.querySelector(".required-mark");
    if (mark) mark.hidden = !needed;
    field?.querySelector("input:not([type=hidden]), select, textarea")?.setAttribute("aria-required", String(needed));
  }
}

function scopeOf(root, ambient) {
  const scope = { ...ambient };
  for (const holder of root.querySelectorAll("[data-field]")) {
    const row = holder.closest("[data-line]");
    if ((row ?? root) !== root && root.contains(row)) continue;
    if (holder.querySelector(":scope [data-computed]")) continue;
    scope[holder.dataset.field] = read(holder, holder.dataset.kind);
  }
  return scope;
}

define("live-form", (form) => {
  const source = form.querySelector("script[data-live]");
  if (!source) return undefined;
  const rules = JSON.parse(source.textContent);
  const ambient = { "@me": rules.me, "@now": rules.now, "@today": rules.today, "@timezone": rules.timezone };
  const refresh = () => {
    const scope = scopeOf(form, ambient);
    for (const [name, own] of Object.entries(rules.lines)) {
      for (const row of form.querySelectorAll(`[data-lines="${name}"] [data-line]`)) apply(row, own, rules, scopeOf(row, ambient));
    }
    apply(form, rules, rules, scope);
    for (const [id, rule] of Object.entries(rules.sections)) {
      const section = form.querySelector(`[data-section="${id}"]`);
      if (section) section.hidden = !holds(rule, scope);
    }
  };
  let timer = 0;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 60);
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  refresh();

  // Records that are probably the same are named while one types, when a field that tells them apart was left.
  const place = form.querySelector("[data-alike]");
  const check = form.dataset.alikeUrl;
  let asked = 0;
  const ask = async (event) => {
    if (!rules.keys.includes(event.target.closest("[data-field]")?.dataset.field)) return;
    const turn = ++asked;
    try {
      const { answer, content } = await fragment(check, { method: "POST", body: new FormData(form) });
      if (turn === asked && answer.ok) place.replaceChildren(content);
    } catch {
      // The check is a courtesy; the server asks again when the form is sent.
    }
  };
  if (check && place && rules.keys.length) form.addEventListener("change", ask);
  return () => clearTimeout(timer);
});
