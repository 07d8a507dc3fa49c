// Just enough of a page to run the player in: reads {data, script, deeds} from standard input, does the deeds, and
// prints after each what a reader would see. It checks what the player says, not how it looks.
"use strict";

class Element {
  constructor(tag) {
    Object.assign(this, {tagName: tag, attributes: {}, children: [], parent: null, text: "", listeners: {}, scrollTop: 0});
    const attributes = this.attributes;
    this.dataset = new Proxy({}, {
      get: (_, name) => attributes["data-" + name],
      set: (_, name, value) => { attributes["data-" + name] = String(value); return true; },
    });
    this.isConnected = true;
  }
  get textContent() { return this.text + this.children.map((child) => child.textContent).join(""); }
  set textContent(value) { this.children = []; this.text = String(value); }
  set innerHTML(value) {
    this.children = [];
    for (const [, tag, rest, text] of value.matchAll(/<([a-z]+)((?:\s+[\w-]+=(?:"[^"]*"|[^\s>]+))*)\s*\/?>([^<]*)/g)) {
      const child = new Element(tag);
      for (const [, name, quoted, bare] of rest.matchAll(/([\w-]+)=(?:"([^"]*)"|([^\s>]+))/g)) child.attributes[name] = quoted ?? bare;
      child.text = text;
      this.appendChild(child);
    }
  }
  get classList() {
    const names = (this.attributes.class || "").split(" ").filter(Boolean);
    names.contains = (name) => names.includes(name);
    names.toggle = (name, on) => {
      this.attributes.class = names.filter((one) => one !== name).concat(on ? [name] : []).join(" ");
    };
    return names;
  }
  setAttribute(name, value) { this.attributes[name] = String(value); if (name === "value") this.value = String(value); }
  removeAttribute(name) { delete this.attributes[name]; }
  getAttribute(name) { return name in this.attributes ? this.attributes[name] : null; }
  appendChild(child) { child.parent = this; this.children.push(child); return child; }
  insertBefore(child) { child.parent = this; this.children.unshift(child); }
  get firstChild() { return this.children[0]; }
  get parentNode() { return this.parent; }
  addEventListener(kind, listener) { this.listeners[kind] = listener; }
  fire(kind, event) { this.listeners[kind]({target: this, preventDefault() {}, stopPropagation() {}, ...event}); }
  getBoundingClientRect() { return {top: 0, bottom: 0, left: 0, right: 0}; }
  focus() {}
  * all() { for (const child of this.children) { yield child; yield* child.all(); } }
  querySelectorAll(selector) {
    const [, wanted] = /\[([\w-]+)\]/.exec(selector);
    return [...this.all()].filter((one) => wanted in one.attributes);
  }
  find(test) { return [...this.all()].find(test); }
}

const {data, script, deeds} = JSON.parse(require("fs").readFileSync(0, "utf8"));
const body = new Element("body");
const root = body.appendChild(new Element("div"));
root.attributes = Object.assign(root.attributes, {"class": "fp-player", "data-fp": data});
root.appendChild(new Element("div"));
const quiet = {matches: false, addEventListener() {}};
const page = {
  document: {createElement: (tag) => new Element(tag), querySelectorAll: (one) => body.querySelectorAll(one), currentScript: null, body},
  matchMedia: () => quiet, innerHeight: 800, ResizeObserver: undefined, setInterval: () => 1, clearInterval() {}, JSON, Math, Object,
};
new Function(...Object.keys(page), script)(...Object.values(page));

const byClass = (name) => root.find((one) => one.classList.contains(name));
const buttons = () => [...root.all()].filter((one) => one.tagName === "button");
const select = (label) => root.find((one) => one.tagName === "label" && one.text === label).children[0];

function seen() {
  const states = {};
  for (const one of byClass("fp-map").children) if (one.classList.contains("status")) states[one.attributes["data-s"]] = one.text.replace("➤ ", "");
  const details = {};
  for (const one of byClass("fp-side").children) if (one.tagName === "details") details[one.children[0].text] = one.children[1].text;
  return {
    title: byClass("fp-title").textContent, where: byClass("fp-where").textContent, caption: byClass("fp-caption").textContent,
    states, details, taken: byClass("fp-map").children.filter((one) => "data-e" in one.attributes && one.classList.contains("taken")).length,
    choices: select("Show").children.map((one) => one.text), following: !select("Show").parent.hidden,
    side: byClass("fp-side").textContent, shown: Object.keys(details),
    failures: buttons().find((one) => one.text.includes("Next failure")).text, ticks: byClass("fp-ticks").children.length,
    width: +byClass("fp-map").children[0].attributes.width,
  };
}

const did = {
  press: (text) => buttons().find((one) => one.text.includes(text)).fire("click"),
  key: (key) => byClass("fp-bar").parent.fire("keydown", {key, target: byClass("fp-bar")}),
  show: (text) => { const box = select("Show"); box.value = box.children.find((one) => one.text === text).attributes.value; box.fire("change"); },
  jump: (text) => { const box = select("Go to"); box.value = box.children.find((one) => one.text === text).attributes.value; box.fire("change"); },
  look: () => {},
  click: (number) => byClass("fp-map").fire("click", {target: {closest: () => byClass("fp-map").find((one) => one.attributes["data-s"] === number)}}),
  room: (width) => Object.assign(byClass("fp-map"), {clientWidth: width}),
};
async function run() {
  while (!("data-ready" in root.attributes)) await new Promise((resolve) => setTimeout(resolve, 1));
  const results = [];
  for (const [deed, about] of deeds) { did[deed](about); results.push(seen()); }
  console.log(JSON.stringify(results));
}
run();
