"use strict";
// Folding, facts, search and keys. Everything that comes from a spec is put in place as text, never as markup.
const page = (() => {
  const $ = (id) => document.getElementById(id);
  const all = (root, selector) => [...root.querySelectorAll(selector)];
  const number = (value) => value.toLocaleString("en-US");
  let data = null;

  // ---- folds -------------------------------------------------------------------------------------------------------
  // A fold is an element with data-fold; its parts are the first .closed and .opened inside that belong to it.
  const part = (fold, name) => all(fold, "." + name).find((one) => one.parentElement.closest("[data-fold]") === fold);
  const isOpen = (fold) => fold.hasAttribute("data-open");

  function toggle(fold, open) {
    if (open === isOpen(fold)) return;
    if (open && fold.dataset.fold === "units") unroll(fold);
    fold.toggleAttribute("data-open", open);
    part(fold, "closed").hidden = open;
    part(fold, "opened").hidden = !open;
    for (const knob of all(fold, ".costs > .knob")) {
      knob.setAttribute("aria-expanded", String(open));
      knob.textContent = open ? "−" : "+";
    }
  }

  // The units of a run are made from one template when they are first asked for.
  function unroll(fold) {
    const room = part(fold, "opened");
    const template = room.querySelector("template");
    if (!template) return;
    const first = fold.dataset.path;
    const { names } = nodesOf(fold)[first];
    if (!names) return template.replaceWith(template.content); // units that only look alike: each is there
    const units = names.map((name, index) => {
      const unit = template.content.firstElementChild.cloneNode(true);
      unit.dataset.unit = index;
      unit.dataset.path = name;
      for (const node of all(unit, ".node")) node.setAttribute("aria-label", renamed(node.getAttribute("aria-label"), first, name));
      for (const knob of all(unit, ".knob")) knob.setAttribute("aria-label", knob.getAttribute("aria-label").replace(first, () => name));
      for (const text of all(unit, ".place text")) text.textContent = shortened(name, text.textContent);
      return unit;
    });
    template.replaceWith(...units);
  }

  const renamed = (text, first, name) => (text.startsWith(first) ? name + text.slice(first.length) : text);

  // As many of the last names as the label of the first unit has room for.
  const shortened = (name, label) => (label.startsWith("…") ? "…" + name.split(".").slice(-label.split(".").length).join(".") : name);

  function level(name) {
    const depth = ["stage", "block", "unit", "layer"].indexOf(name);
    for (const [index, kind] of ["stage", "units", "layers"].entries()) {
      for (const fold of all(document, `[data-fold=${kind}]`)) toggle(fold, depth > index);
    }
    press(name);
  }

  const press = (name) => {
    for (const button of all(document, "[data-level]")) button.setAttribute("aria-pressed", String(button.dataset.level === name));
  };

  function flip(fold) {
    const inside = fold.contains(document.activeElement);
    toggle(fold, !isOpen(fold));
    press("");
    if (!inside || document.activeElement.closest("[hidden]") === null && document.activeElement !== document.body) return;
    const shown = part(fold, isOpen(fold) ? "opened" : "closed");
    const heir = shown.querySelector(".node");
    if (heir) focus(heir);
  }

  // ---- nodes and their facts ---------------------------------------------------------------------------------------
  const visible = (element) => element.closest("[hidden]") === null;
  const nodes = () => all($("page"), ".node").filter(visible);
  const nodesOf = (element) => data.nodes[Number(element.closest("[data-network]").dataset.network)];

  // Where a node stands: the run it is drawn for, and which unit of that run it belongs to.
  function placeOf(node) {
    const path = node.dataset.path;
    const run = node.closest("[data-fold=units]");
    const unit = run && node.closest("[data-unit]");
    const names = (run && nodesOf(node)[run.dataset.path].names) || [];
    const index = unit ? Number(unit.dataset.unit) : 0;
    return { path, index, unrolled: Boolean(unit), name: names.length ? renamed(path, names[0], names[index]) : path, count: names.length || 1 };
  }

  function describe(node) {
    const { path, index, unrolled, name, count: equal } = placeOf(node);
    const facts = nodesOf(node)[path];
    const room = $("facts");
    const shown = [element("h3", name.split(".#")[0])];
    if (!facts) {
      shown.push(element("p", node.getAttribute("aria-label"), "what"));
      room.replaceChildren(...shown);
      return;
    }
    const count = unrolled ? 1 : equal;
    const card = !unrolled && node.closest("[data-fold=units]")?.querySelector("[data-count]");
    const first = count > 1 ? `, the first of ${count} equal units` : card ? `, the first of ${card.dataset.count} units, which grow` : "";
    shown.push(element("p", facts.what + first, "what"));
    const list = document.createElement("dl");
    const row = (term, value) => value !== undefined && list.append(element("dt", term), element("dd", value));
    const times = (value) => number(value) + (count > 1 && value ? ` × ${count} = ${number(value * count)}` : "");
    row("output", facts.out);
    row("for any size", facts.any);
    row("parameters", times(facts.parameters));
    row("MACs", times(facts.macs));
    row("receptive field", field(facts, index));
    shown.push(list);
    for (const [order, id] of facts.lines.entries()) {
      const [file, line, text] = data.lines[id];
      if (!text) continue;
      const figure = document.createElement("figure");
      figure.append(element("figcaption", `${order ? "called from " : ""}${file}:${line}`), element("pre", text));
      shown.push(figure);
    }
    room.replaceChildren(...shown);
    for (const other of all(document, ".node.shown")) other.classList.remove("shown");
    node.classList.add("shown");
  }

  function field(facts, index) {
    if (facts.field === undefined) return undefined;
    if (index && facts.growth === null) return undefined;
    return `${number(facts.field + index * (facts.growth || 0))} px`;
  }

  function element(tag, text, kind) {
    const made = document.createElement(tag);
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  }

  function focus(node) {
    for (const other of all($("page"), '.node[tabindex="0"]')) other.setAttribute("tabindex", "-1");
    node.setAttribute("tabindex", "0");
    node.focus();
    node.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // ---- search ------------------------------------------------------------------------------------------------------
  const MOST = 30;
  let found = [];
  let chosen = -1;

  // Every node by its own name: those of equal units are written out here, and nowhere else.
  function* entries() {
    for (const [network, known] of data.nodes.entries()) {
      const runs = Object.entries(known).filter(([, facts]) => facts.names);
      for (const [path, facts] of Object.entries(known)) {
        const run = runs.find(([first]) => path === first || path.startsWith(first + "."));
        if (!run) yield { network, path, name: path, index: 0, facts };
        else for (const [index, name] of run[1].names.entries()) yield { network, path, name: renamed(path, run[0], name), index, facts };
      }
    }
  }

  function search(words) {
    const wanted = words.trim().toLowerCase();
    found = [];
    let more = 0;
    if (wanted) {
      for (const entry of entries()) {
        if (!`${entry.name.split(".#")[0]} ${entry.facts.what}`.toLowerCase().includes(wanted)) continue;
        if (found.length < MOST) found.push(entry);
        else more += 1;
      }
    }
    const rows = found.map((entry, index) => {
      const row = element("li", entry.name.split(".#")[0]);
      row.id = `found-${index}`;
      row.setAttribute("role", "option");
      row.append(element("small", entry.facts.what));
      row.addEventListener("mousedown", (event) => { event.preventDefault(); go(entry); });
      return row;
    });
    if (more) rows.push(element("li", `and ${number(more)} more`, "none"));
    if (wanted && !found.length) rows.push(element("li", "nothing of that name", "none"));
    $("found").replaceChildren(...rows);
    $("found").hidden = !wanted;
    $("search").setAttribute("aria-expanded", String(Boolean(wanted)));
    choose(found.length ? 0 : -1);
  }

  function choose(index) {
    chosen = index;
    for (const [at, row] of all($("found"), "[role=option]").entries()) {
      row.setAttribute("aria-selected", String(at === index));
      if (at === index) row.scrollIntoView({ block: "nearest" });
    }
    if (index < 0) $("search").removeAttribute("aria-activedescendant");
    else $("search").setAttribute("aria-activedescendant", `found-${index}`);
  }

  // Unfold whatever hides a node, and go there: a unit of a run, a norm inside a block, or the stage itself.
  function go({ network, path, index }) {
    $("found").hidden = true;
    $("search").setAttribute("aria-expanded", "false");
    const section = document.querySelector(`[data-network="${network}"]`);
    const holds = (fold) => path === fold.dataset.path || path.startsWith(fold.dataset.path + ".");
    const matches = (root) => all(root, ".node").filter((node) => node.dataset.path === path);
    const targetsIn = () => matches(section).filter((node) => placeOf(node).index === index);
    let targets = targetsIn();
    if (!targets.length) {
      for (const run of all(section, "[data-fold=units]")) {
        const template = run.querySelector("template");
        if (template && matches(template.content).length) toggle(run, true);
      }
      targets = targetsIn();
    }
    const target = targets.find(visible) || targets[0];
    if (!target) {
      const stage = all(section, ".stage").find(holds);
      const near = stage && all(stage, ".node").find(visible);
      if (near) focus(near);
      return;
    }
    for (let hidden = target.closest("[hidden]"); hidden; hidden = target.closest("[hidden]")) {
      toggle(hidden.closest("[data-fold]"), hidden.classList.contains("opened"));
    }
    press("");
    focus(target);
  }

  // ---- keys and pointers -------------------------------------------------------------------------------------------
  function walk(event) {
    const node = event.target.closest(".node");
    const fold = node.closest("[data-fold]");
    const shown = nodes();
    const at = shown.indexOf(node);
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: shown.length - 1 };
    if (event.key in steps) {
      const next = shown[steps[event.key]];
      if (next) focus(next);
    } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      const wanted = event.key === "ArrowRight";
      let next = fold;
      while (next && isOpen(next) === wanted) next = next.parentElement.closest("[data-fold]");
      if (next && !(wanted && next !== fold)) flip(next);
    } else if (event.key === "Enter" || event.key === " ") {
      if (fold) flip(fold);
    } else if (event.key === "Escape") {
      node.blur();
    } else return;
    event.preventDefault();
  }

  function type(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (found.length) choose((chosen + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length);
    } else if (event.key === "Enter") {
      if (chosen >= 0) go(found[chosen]);
    } else if (event.key === "Escape") {
      event.target.value = "";
      search("");
      event.target.blur();
    } else return;
    event.preventDefault();
  }

  function theme() {
    const root = document.documentElement;
    const now = root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
    $("theme").setAttribute("aria-pressed", String(root.dataset.theme === "dark"));
  }

  function listen() {
    document.addEventListener("click", (event) => {
      const knob = event.target.closest(".knob");
      const node = event.target.closest(".node");
      const button = event.target.closest("[data-level]");
      if (knob) flip(knob.closest("[data-fold]"));
      else if (button) level(button.dataset.level);
      else if (node) focus(node);
    });
    document.addEventListener("dblclick", (event) => {
      const fold = event.target.closest(".node") && event.target.closest("[data-fold]");
      if (fold) flip(fold);
    });
    for (const kind of ["mouseover", "focusin"]) {
      document.addEventListener(kind, (event) => {
        const node = event.target.closest && event.target.closest(".node");
        if (node) describe(node);
      });
    }
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.id === "search") type(event);
      else if (event.key === "/") { event.preventDefault(); $("search").focus(); $("search").select(); }
      else if (event.target.closest && event.target.closest(".node")) walk(event);
      else if (event.key === "ArrowDown" && event.target === document.body && nodes()[0]) { event.preventDefault(); focus(nodes()[0]); }
    });
    $("search").addEventListener("input", (event) => search(event.target.value));
    $("search").addEventListener("blur", () => { $("found").hidden = true; });
    $("theme").addEventListener("click", theme);
    $("theme").setAttribute("aria-pressed", String(matchMedia("(prefers-color-scheme: dark)").matches));
  }

  function start() {
    data = JSON.parse($("data").textContent);
    const first = document.querySelector("#page .node");
    if (first) first.setAttribute("tabindex", "0");
  }

  // ---- a server's page takes the next state without losing what is unfolded ----------------------------------------
  const keyOf = (fold) => [fold.closest("[data-network]").dataset.network, fold.dataset.fold, fold.dataset.path].join(" ");

  function replace(next) {
    const open = new Map(all($("page"), "[data-fold]").map((fold) => [keyOf(fold), isOpen(fold)]));
    for (const id of ["page", "data"]) $(id).replaceWith(document.adoptNode(next.getElementById(id)));
    document.title = next.title;
    document.querySelector(".bar h1").textContent = next.title;
    start();
    for (const kind of ["stage", "units", "layers"]) {
      for (const fold of all($("page"), `[data-fold=${kind}]`)) {
        const before = open.get(keyOf(fold));
        if (before !== undefined) toggle(fold, before);
      }
    }
  }

  start();
  if (document.documentElement.dataset.levelAtFirst !== "block") level(document.documentElement.dataset.levelAtFirst);
  listen();
  return { replace };
})();
