/** Exact arithmetic of the expression language: BigInts of a number's last decimal place, rounded half away from zero, bounded. */

const LARGEST = 2n ** 63n - 1n;
const LONGEST = 86399999999998n;

/** Thrown for a value that can't be held exactly. */
export class TooLarge extends Error {}

export const power = (digits) => 10n ** BigInt(digits);
export const absolute = (value) => (value < 0n ? -value : value);

export function fit(value) {
  if (absolute(value) > LARGEST) throw new TooLarge();
  return value;
}

export function floorQuotient(left, right) {
  const quotient = left / right;
  return quotient * right !== left && left < 0n !== right < 0n ? quotient - 1n : quotient;
}

export function roundedQuotient(left, right) {
  const half = (2n * absolute(left) + absolute(right)) / (2n * absolute(right));
  return left < 0n === right < 0n ? half : -half;
}

export function rescaled(units, scale, wanted) {
  return wanted >= scale ? units * power(wanted - scale) : roundedQuotient(units, power(scale - wanted));
}

export function arithmetic(node, left, right) {
  const one = node.left.scale ?? 0;
  const other = node.right.scale ?? 0;
  const scale = node.scale ?? 0;
  const common = Math.max(one, other);
  const a = left * power(common - one);
  const b = right * power(common - other);
  switch (node.operator) {
    case "+":
      return fit(a + b);
    case "-":
      return fit(a - b);
    case "*":
      return fit(rescaled(left * right, one + other, scale));
    case "/":
      return b ? fit(roundedQuotient(a * power(scale), b)) : null;
    case "//":
      return b ? fit(floorQuotient(a, b)) : null;
    default:
      return b ? fit(a - floorQuotient(a, b) * b) : null;
  }
}

export function span(seconds) {
  if (absolute(seconds) > LONGEST) throw new TooLarge();
  return seconds;
}
