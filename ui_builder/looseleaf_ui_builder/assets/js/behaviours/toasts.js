// Short messages at the bottom: they leave after 6 s, wait while pointed at or focused; faults stay until dismissed.
import { define } from "../behaviour.js";

const shownFor = 6000;

function settle(item, stays) {
  let timer = 0;
  const go = () => item.remove();
  const wait = () => {
    if (!stays) timer = setTimeout(go, shownFor);
  };
  item.addEventListener("mouseenter", () => clearTimeout(timer));
  item.addEventListener("focusin", () => clearTimeout(timer));
  item.addEventListener("mouseleave", wait);
  item.addEventListener("focusout", wait);
  item.addEventListener("click", (event) => {
    if (event.target.closest("[data-dismiss]")) go();
  });
  wait();
}

define("toasts", (stack) => {
  for (const item of stack.children) settle(item, false);
});

export function toast(text, { stays = false } = {}) {
  const item = document.createElement("div");
  item.className = "toast";
  const words = document.createElement("span");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "icon-button";
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", document.body.dataset.saidClose);
  close.append(document.querySelector("template[data-icon=x]").content.cloneNode(true));
  item.append(words, close);
  document.querySelector(".toasts").append(item);
  settle(item, stays);
}
