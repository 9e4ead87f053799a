"use strict";
// The preview: what the server says replaces the figure, or stands above it as the trouble with the latest text.
(() => {
  const trouble = document.getElementById("trouble");
  const live = document.getElementById("live");
  let version = Number(document.documentElement.dataset.version);

  function tell(state) {
    trouble.hidden = !state.trouble;
    trouble.classList.toggle("failed", state.failed);
    const head = document.createElement("strong");
    head.textContent = state.failed ? "The spec is wrong; the figure is that of the last one that was right." : "Warnings";
    const words = document.createElement("pre");
    words.textContent = state.trouble;
    trouble.replaceChildren(...(state.trouble ? [head, words] : []));
  }

  async function take(state) {
    live.textContent = "live";
    if (state.version !== version) {
      const answer = await fetch(location.pathname);
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      version = Number(next.documentElement.dataset.version);
      page.replace(next);
    }
    tell(state);
  }

  const source = new EventSource("events");
  let last = Promise.resolve();
  source.addEventListener("message", (event) => {
    last = last.then(() => take(JSON.parse(event.data))).catch(() => { live.textContent = "not connected"; });
  });
  source.addEventListener("error", () => { live.textContent = "not connected"; });
})();
