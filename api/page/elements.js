// What every script here stands on; it comes first.

const $ = (id) => document.getElementById(id);

/** An element with these properties and children. Text stays text: nothing here parses HTML. */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}
