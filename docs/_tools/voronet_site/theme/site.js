// The theme's script is for readers who do something (search, copy code, open a menu). It is loaded at the first
// sign of one, so that a page is there sooner.
const SIGNS = ["pointermove", "pointerdown", "keydown", "focusin", "scroll"];
const OPTIONS = { capture: true, passive: true };

function loadTheme() {
  for (const sign of SIGNS) removeEventListener(sign, loadTheme, OPTIONS);
  const late = document.querySelector("script[data-src]"), script = document.createElement("script");
  script.src = late.dataset.src;
  // The theme begins with the page, which was there before it.
  script.onload = () => document.dispatchEvent(new Event("DOMContentLoaded"));
  late.replaceWith(script);
}
for (const sign of SIGNS) addEventListener(sign, loadTheme, OPTIONS);

// Names that the theme leaves out, for readers who cannot see the page. It adds its copy buttons as code comes
// into view, each in a landmark without a name.
document.querySelector(".md-search").setAttribute("aria-label", "Search");
const nameButtons = () => {
  for (const nav of document.querySelectorAll(".md-code__nav:not([role])")) nav.setAttribute("role", "presentation");
};
new MutationObserver(nameButtons).observe(document.querySelector("main"), { childList: true, subtree: true });

if (location.protocol === "file:") {
  // A page that is opened as a file may start no worker: the search runs in a frame instead.
  window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      this.inside = frame.contentWindow;
      this.inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      const script = this.inside.document.createElement("script");
      script.src = new URL(address, location);
      this.ready = new Promise((resolve) => { script.onload = resolve; });
      this.inside.document.body.append(script);
    }

    postMessage(data) {
      this.ready.then(() => this.inside.dispatchEvent(new MessageEvent("message", { data })));
    }
  };
  // A server would answer for a folder with the page in it.
  const addPage = (event) => {
    const link = event.target.closest?.("a[href]");
    if (link?.protocol === "file:" && link.pathname.endsWith("/")) link.pathname += "index.html";
  };
  for (const kind of ["click", "auxclick"]) addEventListener(kind, addPage, true);
}

// Python is for readers who ask for it; it is loaded from a server only.
const check = document.querySelector(".v-check");
if (check && location.protocol !== "file:") {
  const checker = new URL("lab/checker.js", document.currentScript.src);
  check.hidden = false;
  check.querySelector("button").onclick = async () => (await import(checker)).checkPage(check);
}
