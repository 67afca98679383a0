/** Answers questions about expressions.js, one JSON line each: {expression, scopes} gives the list of values. */
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { evaluate, functionNames } = await import(pathToFileURL(process.argv[2]));

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  const answer = question.expression ? question.scopes.map((scope) => evaluate(question.expression, scope)) : functionNames;
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
