// The keyboard, and the news: everything else on the page works without this file.
"use strict";

const EVERY_MS = 20_000;
const SHORTCUTS = "shortcuts";
const SOUND = "sound";

function shortcutsOn() {
  try { return localStorage.getItem(SHORTCUTS) !== "off"; } catch { return true; }
}

function keepShortcuts(on) {
  try { localStorage.setItem(SHORTCUTS, on ? "on" : "off"); } catch { /* kept for this page only */ }
}

function isWriting(target) {
  return target.closest("input, textarea, select, [contenteditable]") !== null;
}

// Shortcuts of one key (WCAG 2.1.4): off while somebody writes, and off altogether where they chose so.
// A page names its own with data-key="x" on a link, button or field.
function keyboard() {
  const sheet = document.getElementById("sheet");
  const choice = document.getElementById("shortcuts-on");
  const opener = document.querySelector("[data-sheet]");
  if (sheet === null) return;
  choice.checked = shortcutsOn();
  choice.addEventListener("change", () => keepShortcuts(choice.checked));
  opener.hidden = false;
  opener.addEventListener("click", () => sheet.showModal());
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || isWriting(event.target)) return;
    if (!shortcutsOn() || sheet.open) return;
    if (event.key === "?") { event.preventDefault(); sheet.showModal(); return; }
    if (going && event.timeStamp - going < 1500 && /^[1-9]$/.test(event.key)) {
      const link = document.querySelectorAll("header nav a")[Number(event.key) - 1];
      going = 0;
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    going = event.key === "g" ? event.timeStamp : 0;
    const own = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key);
    if (own) {
      event.preventDefault();
      if (own.matches("input:not([type=checkbox], [type=radio]), textarea, select")) own.focus(); else own.click();
    }
  });
}

// A sound for a new urgent case, only where this browser's user chose it: two short tones, made here, nothing is loaded.
function soundOn() {
  try { return localStorage.getItem(SOUND) === "on"; } catch { return false; }
}

async function play() {
  const audio = new AudioContext();
  const asked = Date.now();
  await audio.resume();
  // A browser that wants a click first lets it sound then: by that time it would say nothing.
  if (Date.now() - asked < 2000) {
    [660, 880].forEach((pitch, at) => {
      const tone = new OscillatorNode(audio, { frequency: pitch });
      const loudness = new GainNode(audio, { gain: 0.15 });
      tone.connect(loudness).connect(audio.destination);
      tone.start(audio.currentTime + at * 0.2);
      tone.stop(audio.currentTime + at * 0.2 + 0.15);
    });
  }
  setTimeout(() => audio.close(), 1000);
}

function sound() {
  const choice = document.getElementById("sound-on");
  if (choice === null) return;
  choice.closest("[hidden]").hidden = false;
  choice.checked = soundOn();
  choice.addEventListener("change", () => {
    try { localStorage.setItem(SOUND, choice.checked ? "on" : "off"); } catch { choice.checked = false; }
    if (choice.checked) play();
  });
}

// Privacy mode changes on the spot, so that letters that are open stay open; the server keeps it for the next page.
function privacy() {
  const form = document.querySelector("form.privacy");
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const on = form.elements.private.value === "1";
    const sent = new URLSearchParams(new FormData(form));
    document.body.classList.toggle("private", on);
    form.querySelector("button").setAttribute("aria-pressed", String(on));
    for (const one of document.querySelectorAll("[data-private]:not([tabindex], input, td)")) one.tabIndex = 0;
    form.elements.private.value = on ? "" : "1";
    try { await fetch(form.action, { method: "POST", body: sent, redirect: "manual" }); } catch { form.submit(); }
  });
}

// Asks what waits; says aloud where an urgent case has come since the page was shown, and quietly where others have.
function news() {
  const more = document.getElementById("more");
  const since = more === null ? "" : `?since=${encodeURIComponent(more.dataset.since)}`;
  const where = document.body.dataset.pulse;
  const place = document.getElementById("news");
  const title = document.title.replace(/^\(\d+ urgent\) /, "");
  let known = null;
  if (!where) return;
  function say(text, href, at = place) {
    const link = document.createElement("a");
    link.href = href;
    link.textContent = text;
    at.replaceChildren(link);
  }
  async function ask() {
    let found;
    try {
      const response = await fetch(where + since, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (response.status === 401) {
        // Whoever walks by now must not read on: elements marked data-private are hidden, what was typed stays.
        document.body.classList.add("signed-out");
        say("You were signed out: sign in again", "/sign-in");
        return;
      }
      document.body.classList.remove("signed-out");
      if (!response.ok) return;
      found = await response.json();
    } catch { return; }
    document.title = found.urgent ? `(${found.urgent} urgent) ${title}` : title;
    const came = known !== null && found.newest !== null && (known.newest === null || found.newest > known.newest);
    if (came) say(`An urgent case came in; urgent cases that wait: ${found.urgent}. Open the queue`, "/");
    if (came && soundOn()) play();
    const text = found.new ? `${found.new} new case${found.new === 1 ? "" : "s"}: show` : "";
    // Only where it changed: a live region that is filled again is read out again.
    if (more && text !== more.textContent) { if (text) say(text, "/queue", more); else more.replaceChildren(); }
    if (known === null || came) known = found;
    document.dispatchEvent(new CustomEvent("pulse", { detail: found }));
  }
  ask();
  setInterval(ask, EVERY_MS);
}

keyboard();
privacy();
sound();
news();
document.querySelector("form[data-send-at-once]")?.requestSubmit();
