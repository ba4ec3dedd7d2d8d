// Partial updates: the form's address is fetched and its answer swapped in. Without this script the form still answers.
"use strict";
(() => {
  const form = document.getElementById("question");
  const sheet = document.getElementById("sheet");
  const here = form ? form.getAttribute("action") : "/";
  let running = null, again = false, spoken = 0;

  const address = () => {
    const pairs = [...new FormData(form)].filter(([key, value], at, all) =>
      all.findLastIndex(([other]) => other === key) === at || !document.querySelector(`input[type=checkbox][name="${key}"]`));
    return here + "?" + new URLSearchParams(pairs);
  };

  async function fetchPage(url, signal) {
    const reply = await fetch(url, { signal, headers: { Accept: "text/html" } });
    return new DOMParser().parseFromString(await reply.text(), "text/html");
  }

  // One request at a time: while one runs, the newest wish waits; so the answer keeps moving while a slider is dragged.
  async function update() {
    if (running) { again = true; return; }
    const url = address();
    running = new AbortController();
    const answer = document.getElementById("answer");
    const slow = setTimeout(() => answer.setAttribute("aria-busy", "true"), 250);
    try {
      const page = await fetchPage(url, running.signal);
      const fresh = page.getElementById("answer");
      if (fresh) await show(fresh, page, url);
    } catch (error) {
      if (error.name !== "AbortError") say("The server does not answer. Is it still running?");
    } finally {
      clearTimeout(slow);
      document.getElementById("answer").setAttribute("aria-busy", "false");
      running = null;
      if (again) { again = false; update(); }
    }
  }

  async function show(fresh, page, url) {
    const old = document.getElementById("answer");
    const open = [...old.querySelectorAll("details[open]")].map((one) => one.id);
    document.adoptNode(fresh);
    await keepCharts(old, fresh);
    for (const id of open) fresh.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
    keepOdds(old, fresh);
    old.replaceWith(fresh);
    peek();
    drawOdds();
    const place = page.getElementById("site-price_usd_per_kwh")?.placeholder;
    const price = document.getElementById("site-price_usd_per_kwh");
    if (price && place) { price.placeholder = place; if (!price.value) follow(price); }
    history.replaceState(null, "", fresh.dataset.share ? here + "?" + fresh.dataset.share : url);
    clearTimeout(spoken);
    spoken = setTimeout(() => say(document.getElementById("sentence")?.textContent || "No answer to this question."), 900);
  }

  // New pictures are loaded before they replace the old ones: no blank, no jump.
  async function keepCharts(old, fresh) {
    const next = [...fresh.querySelectorAll("picture.live")].map((picture) => {
      if (!old.querySelector(`picture[data-chart="${CSS.escape(picture.dataset.chart)}"]`)) return null;
      const fits = [...picture.querySelectorAll("source")].find((one) => matchMedia(one.media).matches);
      const image = new Image();
      image.src = fits ? fits.srcset : picture.querySelector("img").getAttribute("src");
      return image.decode().catch(() => null); // the text of the picture says what it shows
    });
    await Promise.all(next);
  }

  // How sure the answer is takes a second to draw: it follows when the question has settled. Until then the old odds
  // stay where they were, dimmed, so that nothing below them jumps.
  function keepOdds(old, fresh) {
    const shown = old.querySelector("#odds:not(.odds-later), #odds.stale"), later = fresh.querySelector("#odds.odds-later");
    if (!shown || !later) return;
    shown.classList.add("stale");
    shown.dataset.src = later.dataset.src;
    later.replaceWith(shown);
  }

  let settling = 0;
  function drawOdds() {
    clearTimeout(settling);
    settling = setTimeout(async () => {
      const place = document.getElementById("odds");
      if (!place || !place.dataset.src) return;
      const source = place.dataset.src;
      place.setAttribute("aria-busy", "true");
      try {
        const fresh = (await fetchPage(source)).getElementById("odds");
        const now = document.getElementById("odds");
        if (!fresh || !now || now.dataset.src !== source) return;
        const open = [...now.querySelectorAll("details[open]")].map((one) => one.id);
        document.adoptNode(fresh);
        await keepCharts(now, fresh);
        for (const id of open) fresh.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
        if (document.getElementById("odds") === now && now.dataset.src === source) now.replaceWith(fresh);
      } catch { /* the link to the odds is still there */ }
    }, 700);
  }

  const say = (text) => { const status = document.getElementById("status"); if (status) status.textContent = text; };

  function follow(number) {
    const slider = form.querySelector(`input[data-for="${CSS.escape(number.id)}"]`);
    if (slider) slider.value = number.value || number.placeholder;
  }

  function wire() {
    for (const slider of form.querySelectorAll("input[data-for]")) {
      const number = document.getElementById(slider.dataset.for);
      slider.hidden = false;
      slider.addEventListener("input", () => { number.value = slider.value; update(); });
      number.addEventListener("input", () => follow(number));
    }
    form.addEventListener("input", (event) => {
      if (event.target.type === "range") return;
      if (event.target.id === "site-country") places();
      if (event.target.checkValidity()) update();
    });
    form.addEventListener("submit", (event) => { event.preventDefault(); if (form.reportValidity()) update(); });
    document.getElementById("ask").hidden = true;
    for (const id of ["share", "live-hint"]) document.getElementById(id).hidden = false;
    document.addEventListener("click", copyLink);
    addEventListener("scroll", peek, { passive: true });
    addEventListener("resize", peek);
    places();
    peek();
    drawOdds();
  }

  function places() {
    const abroad = document.getElementById("site-country").value !== "US";
    document.getElementById("site-region").disabled = abroad;
    document.getElementById("region-field").hidden = abroad;
  }

  // On a phone the form hides the answer: while it is out of sight, its head stays at the foot of the screen.
  function peek() {
    const strip = document.getElementById("peek"), head = document.getElementById("sentence");
    if (strip) strip.hidden = !head || head.getBoundingClientRect().top < innerHeight - 60;
  }

  async function copyLink(event) {
    const button = event.target.closest(".share");
    if (!button || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const asked = document.getElementById("answer").dataset.share;
    const link = asked ? new URL(here + "?" + asked, location.href).href : location.href;
    const before = button.dataset.text || (button.dataset.text = button.textContent);
    try {
      await navigator.clipboard.writeText(link);
      button.textContent = "Link copied";
    } catch { button.textContent = "Copy the address above"; }
    say(button.textContent);
    setTimeout(() => { button.textContent = before; }, 2500);
  }

  // A figure opens to its facts in place; with a modifier key, or without this script, on their own page.
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a.figure");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !sheet.showModal) return;
    event.preventDefault();
    const body = document.getElementById("sheet-body");
    try {
      const facts = (await fetchPage(link.href)).getElementById("facts");
      if (!facts) throw new Error("no facts");
      body.replaceChildren(document.adoptNode(facts));
      if (!sheet.open) sheet.showModal();
      sheet.scrollTop = 0;
    } catch { location.href = link.href; }
  });
  sheet.addEventListener("click", (event) => { if (event.target === sheet) sheet.close(); });

  // Long work: shown while it runs, and stopped on the server when it is cancelled here.
  document.getElementById("start")?.addEventListener("click", async (event) => {
    event.preventDefault();
    const place = document.getElementById("long"), before = [...place.childNodes];
    const stop = new AbortController(), button = document.createElement("button"), text = document.createElement("p");
    button.textContent = "Cancel"; button.className = "quiet"; text.setAttribute("role", "status");
    text.append("Working… ", document.createElement("progress"), " ", button);
    button.addEventListener("click", () => stop.abort());
    place.replaceChildren(text);
    button.focus();
    try {
      const page = await fetchPage(place.dataset.src, stop.signal);
      const fresh = page.getElementById("long") || page.querySelector(".problem");
      place.replaceChildren(...document.adoptNode(fresh).childNodes);
    } catch { place.replaceChildren(...before); }
  });

  // A page of long work asks how far it is until there is an answer.
  async function poll() {
    const main = document.getElementById("main");
    try {
      const page = await fetchPage(location.href);
      const fresh = page.getElementById("main");
      if (fresh.querySelector("[data-poll]")) {
        main.querySelector("[role=status]").replaceWith(document.adoptNode(fresh.querySelector("[role=status]")));
      } else {
        main.replaceWith(document.adoptNode(fresh));
        document.title = page.title;
        const head = document.querySelector("#main h1");
        head.tabIndex = -1;
        head.focus();
        return;
      }
    } catch { /* the server may be busy; ask again */ }
    setTimeout(poll, 800);
  }
  if (document.querySelector("[data-poll]")) setTimeout(poll, 500);

  if (form) wire();
})();
