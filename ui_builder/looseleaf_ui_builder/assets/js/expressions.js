/**
 * The browser's interpreter of the expression language: visibility, needs and formulas while a form is being filled in.
 * What it works out is advice; the server decides. Equal to the Python target, and held so by a test under Node.
 *
 * It reads the data of json_target.py (never source text, never eval) and knows nothing of the DOM.
 * Values come and go in their JSON forms: decimals as strings, dates as "2026-03-02", moments as "2026-03-02T06:30:00Z",
 * durations as "P1DT2H", records as ids. Inside, numbers are BigInts of their last decimal place: exact, without floats.
 */

import {
  DAY,
  MICROSECONDS,
  addDays,
  addMonths,
  dateOf,
  dayNumber,
  dayOf,
  isoDate,
  localDate,
  localText,
  monthLength,
  monthOf,
  quarterOf,
  shiftedMoment,
  startOfDay,
  weekdayOf,
  yearOf,
} from "./expressions/calendar.js";
import { TooLarge, absolute, arithmetic, fit, floorQuotient, power, rescaled, roundedQuotient, span } from "./expressions/exact.js";

const WHITE_SPACE =
  /^[\t-\r \x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r \x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/gu;
const UNIT_SECONDS = { days: 86400n, hours: 3600n, minutes: 60n };

/**
 * The value of an expression, in its JSON form.
 * @param {object} expression data made by json_target.to_json
 * @param {object} scope JSON values by dotted path, and "@me", "@now", "@today", "@timezone"
 * @returns {*} null too for a value that is too large
 */
export function evaluate(expression, scope) {
  try {
    return outward(run(expression.root, scope), expression.root);
  } catch (error) {
    if (error instanceof TooLarge) return null;
    throw error;
  }
}

/** Whether a condition holds: nothing counts as no. */
export function holds(expression, scope) {
  return evaluate(expression, scope) === true;
}

// JSON forms, inwards and outwards

function inward(value, kind, scale) {
  if (value === null || value === undefined || (value === "" && kind !== "text")) return null;
  switch (kind) {
    case "number":
      return numberOf(typeof value === "object" ? value.amount : value, scale);
    case "datetime":
      return momentOf(value);
    case "time":
      return timeOf(value);
    case "duration":
      return durationOf(value);
    case "options":
    case "records":
      return value;
    case "boolean":
      return value;
    default:
      return String(value);
  }
}

function outward(value, node) {
  if (value === null || value === undefined) return null;
  switch (node.kind) {
    case "number":
      return node.scale ? decimalText(value, node.scale) : Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case "datetime":
      return `${momentText(value)}Z`;
    case "time":
      return value.endsWith(".000000") ? value.slice(0, 8) : value;
    case "duration":
      return durationText(value);
    default:
      return value;
  }
}

function numberOf(value, scale) {
  const text = typeof value === "number" ? plain(value) : String(value);
  const found = /^(-?)(\d*)(?:\.(\d*))?$/.exec(text.trim());
  if (!found || !(found[2] || found[3])) return null;
  const part = found[3] || "";
  const units = BigInt(found[2] + part || "0");
  const signed = found[1] ? -units : units;
  return scale >= part.length ? signed * power(scale - part.length) : roundedQuotient(signed, power(part.length - scale));
}

function plain(value) {
  const text = String(value);
  return text.includes("e") ? value.toFixed(20).replace(/0+$/, "") : text;
}

function momentOf(text) {
  const found = /^(\d{4}-\d\d-\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(Z|[+-]\d\d:?\d\d)?$/.exec(text);
  if (!found) return null;
  const [, day, hours, minutes, seconds, fraction, zone] = found;
  const clock = BigInt(hours) * 3600n + BigInt(minutes) * 60n + BigInt(seconds || "0");
  const offset = !zone || zone === "Z" ? 0n : BigInt(`${zone[0]}1`) * (BigInt(zone.slice(1, 3)) * 3600n + BigInt(zone.slice(-2)) * 60n);
  return BigInt(dayNumber(day)) * DAY + (clock - offset) * MICROSECONDS + BigInt((fraction || "").padEnd(6, "0"));
}

function momentText(moment) {
  const day = floorQuotient(moment, DAY);
  const rest = moment - day * DAY;
  const seconds = rest / MICROSECONDS;
  const clock = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map((part) => String(part).padStart(2, "0")).join(":");
  const fraction = rest % MICROSECONDS;
  return `${dateOf(Number(day))}T${clock}${fraction ? `.${String(fraction).padStart(6, "0")}` : ""}`;
}

function timeOf(text) {
  const found = /^(\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?$/.exec(text);
  return found ? `${found[1]}:${found[2] || "00"}.${(found[3] || "").padEnd(6, "0")}` : null;
}

function durationOf(text) {
  const found = /^(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text);
  if (!found) return null;
  const [days, hours, minutes, seconds] = found.slice(2).map((part) => BigInt(part || "0"));
  const total = days * 86400n + hours * 3600n + minutes * 60n + seconds;
  return found[1] ? -total : total;
}

function durationText(seconds) {
  const total = absolute(seconds);
  const parts = [
    [(total / 3600n) % 24n, "H"],
    [(total / 60n) % 60n, "M"],
    [total % 60n, "S"],
  ];
  const clock = parts
    .filter(([count]) => count)
    .map(([count, unit]) => `${count}${unit}`)
    .join("");
  const days = total / 86400n;
  return `${seconds < 0n ? "-" : ""}P${days ? `${days}D` : ""}${clock ? `T${clock}` : days ? "" : "T0S"}`;
}

function decimalText(units, scale) {
  const digits = String(absolute(units)).padStart(scale + 1, "0");
  const sign = units < 0n ? "-" : "";
  return scale ? `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}` : sign + digits;
}

// texts: by code point

function comparedTexts(left, right) {
  const weight = (unit) => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit);
  for (let index = 0; index < left.length && index < right.length; index += 1) {
    const [a, b] = [left.charCodeAt(index), right.charCodeAt(index)];
    if (a !== b) return weight(a) - weight(b);
  }
  return left.length - right.length;
}

function eachLetter(text, change) {
  return Array.from(text, (letter) => (Array.from(change(letter)).length === 1 ? change(letter) : singleForm(letter, change))).join("");
}

/** Letters that the browser makes several of, though there is a single one: Greek with iota below, and the Turkish \u0130. */
function singleForm(letter, change) {
  const code = letter.codePointAt(0);
  if (code === 0x130) return change("A") === "a" ? "i" : letter;
  if (change("a") !== "A") return letter;
  if (code >= 0x1f80 && code <= 0x1faf && code % 16 < 8) return String.fromCodePoint(code + 8);
  return [0x1fb3, 0x1fc3, 0x1ff3].includes(code) ? String.fromCodePoint(code + 9) : letter;
}

// the walk

function run(node, scope) {
  switch (node.node) {
    case "literal":
      return inward(node.value, node.kind, node.scale);
    case "path":
      return inward(scope[node.name], node.kind, node.scale);
    case "ambient":
      return inward(scope[`@${node.name}`], node.kind, node.scale);
    case "unary":
      return unary(node, scope);
    case "binary":
      return binary(node, scope);
    case "compare":
      return compare(node, scope);
    case "logical":
      return node.operator === "and"
        ? node.operands.every((part) => run(part, scope) === true)
        : node.operands.some((part) => run(part, scope) === true);
    case "conditional":
      return run(run(node.test, scope) === true ? node.then : node.otherwise, scope);
    case "call":
      return call(node, scope);
    default:
      throw new TypeError(`unknown node ${node.node}`);
  }
}

function unary(node, scope) {
  const value = run(node.operand, scope);
  if (node.operator === "not") return value !== true;
  return value === null ? null : -value;
}

function binary(node, scope) {
  const left = run(node.left, scope);
  if (left === null) return null;
  const right = run(node.right, scope);
  if (right === null) return null;
  if (node.kind === "text") return left + right;
  const later = node.operator === "+" ? right : node.right.kind === "duration" ? -right : right;
  switch (node.left.kind) {
    case "date":
      return node.right.kind === "duration"
        ? addDays(left, floorQuotient(later, 86400n))
        : BigInt(dayNumber(left) - dayNumber(right)) * 86400n;
    case "datetime":
      return node.right.kind === "duration" ? shiftedMoment(left, later) : (left - right) / MICROSECONDS;
    case "duration": {
      const made = arithmetic(node, left, right);
      return node.kind === "duration" && made !== null ? span(made) : made;
    }
    default:
      return arithmetic(node, left, right);
  }
}

function isNothing(value) {
  return value === null || (Array.isArray(value) && value.length === 0);
}

function ordering(left, right, one, other) {
  if (one.kind === "number") {
    const common = Math.max(one.scale, other.scale);
    const [a, b] = [left * power(common - one.scale), right * power(common - other.scale)];
    return a < b ? -1 : a > b ? 1 : 0;
  }
  if (typeof left === "string") return comparedTexts(left, right);
  return left < right ? -1 : left > right ? 1 : 0;
}

function compare(node, scope) {
  const left = run(node.left, scope);
  if (node.operator === "is") return isNothing(left);
  if (node.operator === "is not") return !isNothing(left);
  if (left === null) return false;
  if (node.right.node === "list") return inList(node, left, scope);
  const right = run(node.right, scope);
  if (node.operator === "in" || node.operator === "not in") {
    if (right === null) return node.operator === "not in" && node.right.kind !== "text";
    return right.includes(left) === (node.operator === "in");
  }
  if (right === null) return false;
  const order = ordering(left, right, node.left, node.right);
  return { "==": order === 0, "!=": order !== 0, "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0 }[node.operator];
}

function inList(node, left, scope) {
  const equals = (item) => {
    const value = run(item, scope);
    return value === null ? null : ordering(left, value, node.left, item) === 0;
  };
  return node.operator === "in"
    ? node.right.items.some((item) => equals(item) === true)
    : node.right.items.every((item) => equals(item) === false);
}

function call(node, scope) {
  if (node.function === "coalesce") {
    for (const argument of node.arguments) {
      const value = run(argument, scope);
      if (value !== null) return value;
    }
    return null;
  }
  if (node.function === "concat") return node.arguments.map((argument) => run(argument, scope) ?? "").join("");
  if (node.function === "count") return BigInt((run(node.arguments[0], scope) ?? []).length);
  const values = [];
  for (const argument of node.arguments) {
    const value = run(argument, scope);
    if (value === null) return node.kind === "boolean" ? false : null;
    values.push(value);
  }
  return FUNCTIONS[node.function](values, node, scope);
}

function extreme(sign) {
  return (values, node) => values.reduce((best, value) => (sign * ordering(value, best, node, node) > 0 ? value : best));
}

function asText([value], node, scope) {
  const { kind, scale } = node.arguments[0];
  if (kind === "number") return decimalText(value, scale);
  return kind === "datetime" ? localText(value, scope["@timezone"]) : String(value);
}

function rounded([value], node) {
  const scale = node.arguments[0].scale;
  const places = -Number(run(node.arguments[1], {}));
  return fit(roundedQuotient(value, power(scale + places)) * power(places));
}

const unit = (node) => power(node.arguments[0].scale);
const duration = ([value], node) => span(fit(rescaled(value * UNIT_SECONDS[node.function], node.arguments[0].scale, 0)));
const whole =
  (change) =>
  ([value]) =>
    BigInt(change(value));

const FUNCTIONS = {
  min: extreme(-1),
  max: extreme(1),
  abs: ([value]) => absolute(value),
  round: rounded,
  rescale: ([value], node) => fit(rescaled(value, node.arguments[0].scale, node.scale)),
  floor: ([value], node) => floorQuotient(value, unit(node)),
  ceil: ([value], node) => -floorQuotient(-value, unit(node)),
  len: ([value]) => BigInt(Array.from(value).length),
  lower: ([value]) => eachLetter(value, (letter) => letter.toLowerCase()),
  upper: ([value]) => eachLetter(value, (letter) => letter.toUpperCase()),
  trim: ([value]) => value.replace(WHITE_SPACE, ""),
  contains: ([text, part]) => text.includes(part),
  starts_with: ([text, part]) => text.startsWith(part),
  ends_with: ([text, part]) => text.endsWith(part),
  text: asText,
  date: ([moment], _node, scope) => localDate(moment, scope["@timezone"]),
  start_of_day: ([day], _node, scope) => startOfDay(day, scope["@timezone"]),
  days_between: ([start, end]) => BigInt(dayNumber(end) - dayNumber(start)),
  add_days: ([day, count]) => addDays(day, count),
  add_months: ([day, count]) => addMonths(day, count),
  add_years: ([day, count]) => addMonths(day, count * 12n),
  year: whole(yearOf),
  quarter: whole(quarterOf),
  month: whole(monthOf),
  day: whole(dayOf),
  weekday: whole(weekdayOf),
  start_of_year: ([day]) => isoDate(yearOf(day), 1, 1),
  start_of_quarter: ([day]) => isoDate(yearOf(day), quarterOf(day) * 3 - 2, 1),
  start_of_month: ([day]) => isoDate(yearOf(day), monthOf(day), 1),
  start_of_week: ([day]) => dateOf(dayNumber(day) - weekdayOf(day) + 1),
  end_of_month: ([day]) => isoDate(yearOf(day), monthOf(day), monthLength(yearOf(day), monthOf(day))),
  days: duration,
  hours: duration,
  minutes: duration,
};

/** Names of the functions that this interpreter knows, for the test that compares them with the whitelist. */
export const functionNames = [...Object.keys(FUNCTIONS), "coalesce", "concat", "count"];
