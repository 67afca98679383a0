// Single keys: an element says which key presses it (data-key="c", "mod+k", "mod+enter"). Off inside inputs, dialogs that
// are open, and while an input method composes; off altogether with <html data-keys="off">.

function typing(target) {
  return target.closest("input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]");
}

function spoken(event) {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("mod");
  if (event.altKey) parts.push("alt");
  parts.push(event.key.toLowerCase());
  return parts.join("+");
}

addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented) return;
  const key = spoken(event);
  const withModifier = key.startsWith("mod+");
  if (key === "mod+enter") {
    const form = event.target.closest("form") ?? document.querySelector("form[data-main]");
    if (!form) return;
    event.preventDefault();
    form.requestSubmit();
    return;
  }
  if (!withModifier && (document.documentElement.dataset.keys === "off" || typing(event.target) || document.querySelector("dialog[open]")))
    return;
  const element = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((each) => each.checkVisibility() || withModifier);
  if (element) {
    event.preventDefault();
    if (element.matches("input")) {
      element.focus();
      element.select();
    } else element.click();
    return;
  }
  if (key === "?" || key === "shift+?") document.getElementById("keys")?.showModal();
});
