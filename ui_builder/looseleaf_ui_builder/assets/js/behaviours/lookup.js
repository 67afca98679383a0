// A look-up: type to find a record, choose one of the options, or make one in place. A combobox by the book of ARIA.
import { define, fragment } from "../behaviour.js";

define("lookup", (box) => {
  const input = box.querySelector("input[role=combobox]");
  const value = box.querySelector("input[type=hidden]");
  const list = box.querySelector("[role=listbox]");
  const many = box.hasAttribute("data-many");
  const chosen = box.querySelector("[data-chosen]");
  let shown = input.value;
  let active = -1;
  let asked = 0;
  let timer = 0;

  const options = () => [...list.querySelectorAll("[role=option]")];
  const open = () => {
    list.showPopover?.();
    place();
    input.setAttribute("aria-expanded", "true");
  };
  const place = () => {
    const at = (input.closest(".input-group") ?? input).getBoundingClientRect();
    const below = innerHeight - at.bottom > Math.min(list.offsetHeight, 240) || at.top < 240;
    list.style.minWidth = `${at.width}px`;
    list.style.left = `${Math.max(4, Math.min(at.left, innerWidth - list.offsetWidth - 4))}px`;
    list.style.top = below ? `${at.bottom + 4}px` : `${at.top - list.offsetHeight - 4}px`;
  };
  const close = () => {
    if (list.matches(":popover-open")) list.hidePopover();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    active = -1;
  };
  const mark = (index) => {
    const all = options();
    active = all.length ? (index + all.length) % all.length : -1;
    all.forEach((option, at) => option.setAttribute("aria-selected", String(at === active)));
    if (active >= 0) {
      input.setAttribute("aria-activedescendant", all[active].id);
      all[active].scrollIntoView({ block: "nearest" });
    }
  };
  const tell = () => (many ? box : value).dispatchEvent(new Event("change", { bubbles: true }));
  const choose = (option) => {
    if (option.dataset.create !== undefined) {
      close();
      option.querySelector("a")?.click();
      return;
    }
    if (many) {
      addChip(option.dataset.value, option.dataset.title);
      input.value = shown = "";
    } else {
      value.value = option.dataset.value;
      input.value = shown = option.dataset.title;
    }
    close();
    tell();
  };
  const addChip = (id, title) => {
    if (chosen.querySelector(`input[value="${CSS.escape(id)}"]`)) return;
    const chip = box.querySelector("template").content.firstElementChild.cloneNode(true);
    chip.querySelector("b").textContent = title;
    chip.querySelector("input").value = id;
    chosen.append(chip);
  };
  const search = async () => {
    const turn = ++asked;
    const url = new URL(box.dataset.url, location.href);
    url.searchParams.set("q", input.value.trim());
    const { answer, content } = await fragment(url);
    if (turn !== asked || !answer.ok || document.activeElement !== input) return;
    list.replaceChildren(content);
    options().forEach((option, at) => (option.id = `${list.id}-${at}`));
    open();
    mark(input.value.trim() ? 0 : -1);
  };
  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(() => search().catch(close), wait);
  };

  input.addEventListener("input", (event) => {
    if (!event.isComposing) later(150);
  });
  input.addEventListener("compositionend", () => later(50));
  input.addEventListener("click", () => {
    if (input.getAttribute("aria-expanded") !== "true") later(0);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const expanded = input.getAttribute("aria-expanded") === "true";
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!expanded) later(0);
      else mark(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && expanded && active >= 0) {
      event.preventDefault();
      choose(options()[active]);
    } else if (event.key === "Escape" && expanded) {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === "Backspace" && many && !input.value) {
      chosen.lastElementChild?.remove();
      tell();
    }
  });
  // Leaving puts back the chosen title; an emptied box means no record.
  input.addEventListener("blur", () => {
    clearTimeout(timer);
    setTimeout(close, 150);
    if (many) return;
    if (!input.value.trim() && value.value) {
      value.value = shown = "";
      tell();
    } else input.value = shown;
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (!option) return;
    if (event.target.closest("a") && option.dataset.create !== undefined) return;
    choose(option);
  });
  chosen?.addEventListener("click", (event) => {
    const remove = event.target.closest("button");
    if (!remove) return;
    remove.closest(".chip").remove();
    input.focus();
    tell();
  });
  // A record made in place reports itself to the look-up that asked for it.
  const made = (event) => {
    if (event.detail.box !== box.id) return;
    if (many) addChip(event.detail.id, event.detail.title);
    else {
      value.value = event.detail.id;
      input.value = shown = event.detail.title;
    }
    tell();
    input.focus();
  };
  document.addEventListener("record:made", made);
  return () => {
    clearTimeout(timer);
    document.removeEventListener("record:made", made);
  };
});

// The answer to a record made in place: tells the look-up and closes the dialog around it.
define("record-made", (element) => {
  const { box, id, title } = element.dataset;
  element.closest("dialog")?.close();
  document.dispatchEvent(new CustomEvent("record:made", { detail: { box, id, title } }));
});
