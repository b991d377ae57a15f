// Names that the theme leaves out, for readers who cannot see the page.
document.querySelector(".md-search")?.setAttribute("aria-label", "Search");

// The theme adds its copy buttons as code comes into view, each in a landmark without a name.
const copyButtons = () => {
  for (const nav of document.querySelectorAll(".md-code__nav:not([role])")) nav.setAttribute("role", "presentation");
};
new MutationObserver(copyButtons).observe(document.body, { childList: true, subtree: true });
copyButtons();
