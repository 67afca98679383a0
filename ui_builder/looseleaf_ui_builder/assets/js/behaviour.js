// Binds behaviours to elements: <div data-behaviour="lookup"> gets connect(element) when it enters the page,
// and what connect returned is called when it leaves. Works for fragments that arrive later, whoever inserts them.

const behaviours = new Map();
const connected = new WeakMap();

export function define(name, connect) {
  behaviours.set(name, connect);
}

function connect(element) {
  if (connected.has(element)) return;
  const leave = [];
  connected.set(element, leave);
  for (const name of element.dataset.behaviour.split(/\s+/)) {
    const left = behaviours.get(name)?.(element);
    if (typeof left === "function") leave.push(left);
  }
}

function disconnect(element) {
  for (const leave of connected.get(element) ?? []) leave();
  connected.delete(element);
}

function each(node, visit) {
  if (node.nodeType !== Node.ELEMENT_NODE) return;
  if (node.dataset?.behaviour) visit(node);
  for (const element of node.querySelectorAll("[data-behaviour]")) visit(element);
}

export function start() {
  each(document.documentElement, connect);
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.removedNodes) if (!node.isConnected) each(node, disconnect);
      for (const node of change.addedNodes) if (node.isConnected) each(node, connect);
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
}

// Headers of every request that a script makes: the server answers with a fragment and checks the token.
export function headers() {
  return { "HX-Request": "true", "X-CSRF-Token": document.body.dataset.csrf, Accept: "text/html" };
}

// The fragment at an address, as nodes. Throws on network failure; an error status gives its fragment too.
export async function fragment(url, options = {}) {
  const answer = await fetch(url, { headers: headers(), credentials: "same-origin", ...options });
  const html = document.createElement("template");
  html.innerHTML = await answer.text();
  return { answer, content: html.content };
}
