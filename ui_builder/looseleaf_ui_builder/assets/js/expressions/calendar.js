/** Days, moments and time zones of the expression language: ISO text outside, days since 1970-01-01 and microseconds inside. */

import { TooLarge, absolute, floorQuotient } from "./exact.js";

export const MICROSECONDS = 1000000n;
export const DAY = 86400n * MICROSECONDS;

export function dayNumber(iso) {
  const [year, month, day] = [Number(iso.slice(0, 4)), Number(iso.slice(5, 7)), Number(iso.slice(8, 10))];
  const moment = new Date(Date.UTC(2000, month - 1, day));
  moment.setUTCFullYear(year, month - 1, day);
  return Math.floor(moment.getTime() / 86400000);
}

export function dateOf(days) {
  if (days < -719162 || days > 2932896) throw new TooLarge();
  const moment = new Date(days * 86400000);
  return isoDate(moment.getUTCFullYear(), moment.getUTCMonth() + 1, moment.getUTCDate());
}

export function isoDate(year, month, day) {
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

export const yearOf = (iso) => Number(iso.slice(0, 4));
export const monthOf = (iso) => Number(iso.slice(5, 7));
export const dayOf = (iso) => Number(iso.slice(8, 10));
export const quarterOf = (iso) => Math.floor((monthOf(iso) + 2) / 3);

export function weekdayOf(iso) {
  return ((((dayNumber(iso) + 3) % 7) + 7) % 7) + 1;
}

export function monthLength(year, month) {
  return month === 2 ? (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

export function addMonths(iso, count) {
  const months = BigInt(yearOf(iso) * 12 + monthOf(iso) - 1) + count;
  if (months < 12n || months > 119999n) throw new TooLarge();
  const year = Math.floor(Number(months) / 12);
  const month = (Number(months) % 12) + 1;
  return isoDate(year, month, Math.min(dayOf(iso), monthLength(year, month)));
}

export function addDays(iso, count) {
  if (absolute(count) > 3652059n) throw new TooLarge();
  return dateOf(dayNumber(iso) + Number(count));
}

export function shiftedMoment(moment, seconds) {
  const shifted = moment + seconds * MICROSECONDS;
  dateOf(Number(floorQuotient(shifted, DAY)));
  return shifted;
}

// time zones

const formats = new Map();

function wallClock(milliseconds, zone) {
  if (!formats.has(zone)) {
    const settings = { timeZone: zone, calendar: "gregory", numberingSystem: "latn", hourCycle: "h23" };
    for (const part of ["year", "month", "day", "hour", "minute", "second"]) settings[part] = "numeric";
    formats.set(zone, new Intl.DateTimeFormat("en-US", settings));
  }
  const parts = Object.fromEntries(
    formats
      .get(zone)
      .formatToParts(milliseconds)
      .map((part) => [part.type, Number(part.value)]),
  );
  return { iso: isoDate(parts.year, parts.month, parts.day), seconds: parts.hour * 3600 + parts.minute * 60 + parts.second };
}

const millisecondsOf = (moment) => Number(floorQuotient(moment, 1000n));

export function localDate(moment, zone) {
  return wallClock(millisecondsOf(moment), zone).iso;
}

export function localText(moment, zone) {
  const { iso, seconds } = wallClock(millisecondsOf(moment), zone);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60].map((part) => String(part).padStart(2, "0"));
  return `${iso} ${clock.join(":")}`;
}

function offsetAt(milliseconds, zone) {
  const { iso, seconds } = wallClock(milliseconds, zone);
  return (dayNumber(iso) * 86400 + seconds) * 1000 - milliseconds;
}

export function startOfDay(iso, zone) {
  const guess = dayNumber(iso) * 86400000;
  const before = offsetAt(guess - 86400000, zone);
  const after = offsetAt(guess + 86400000, zone);
  let start = guess - before;
  if (offsetAt(start, zone) !== before && offsetAt(guess - after, zone) === after) start = guess - after;
  return BigInt(start) * 1000n;
}
