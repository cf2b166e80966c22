// The bodies lie packed in each play and are laid out when a line is opened: a page that shows them all would be too long
// to load. `packed` is {texts, messages: [[time, request, status, body, answer], ...]}; body and answer are places in texts.
"use strict";

async function unpacked(play) {
  const packed = Uint8Array.from(atob(play.querySelector("script.packed").textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

function indented(xml) {
  let depth = 0;
  const lines = xml.replace(/>\s*</g, ">\n<").split("\n");
  return lines.map((line) => {
    if (line.startsWith("</")) depth = Math.max(0, depth - 1);
    const told = "  ".repeat(depth) + line;
    if (/^<[^?!/]([^>]*[^/])?>$/.test(line)) depth += 1;
    return told;
  }).join("\n");
}

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function bodies(message, texts) {
  const parts = [["sent", message[3]], ["answered", message[4]]].filter(([, place]) => place >= 0);
  const told = parts.flatMap(([what, place]) => [element("span", "quiet", what), element("pre", "", indented(texts[place]))]);
  return told.length ? told : [element("span", "quiet", "no body was sent, and none was answered with 200")];
}

function folded(message, texts) {
  const line = element("details", "line", "");
  const summary = element("summary", "", "");
  summary.append(...message.slice(0, 3).map((text) => element("span", "", text)), element("span", "", ""));
  line.append(summary);
  line.addEventListener("toggle", () => line.children.length > 1 || line.append(...bodies(message, texts)));
  return line;
}

async function fill(line) {
  if (line.dataset.filled) return;
  line.dataset.filled = "yes";
  const play = line.closest(".play");
  play.packed ??= unpacked(play);
  const { texts, messages } = await play.packed;
  const places = line.dataset.n.split(" ").map(Number);
  const parts = places.length > 1 ? places.map((place) => folded(messages[place], texts)) : bodies(messages[places[0]], texts);
  line.append(...parts);
}

function show() {
  const wanted = decodeURIComponent(location.hash.slice(1));
  const plays = [...document.querySelectorAll(".play")].filter((play) => [play.id, play.dataset.procedure].includes(wanted));
  if (!plays.length) return;
  document.getElementById("only-all").checked = true;
  plays.forEach((play) => { play.open = true; });
  plays[0].scrollIntoView();
}

function openAll(open) {
  const shown = [...document.querySelectorAll(".play")].filter((play) => getComputedStyle(play).display !== "none");
  shown.flatMap((play) => [play, ...play.querySelectorAll(".part")]).forEach((part) => { part.open = open; });
}

document.querySelectorAll(".line").forEach((line) => line.addEventListener("toggle", () => fill(line)));
document.getElementById("open-all").addEventListener("click", () => openAll(true));
document.getElementById("close-all").addEventListener("click", () => openAll(false));
addEventListener("hashchange", show);
show();
