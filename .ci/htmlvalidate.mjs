// What html-validate holds the built pages to. The theme is Material for MkDocs; its markup is not ours to mend.
export default {
  extends: ["html-validate:standard", "html-validate:a11y", "html-validate:document"],
  rules: {
    // A page asks its own host alone, which could change the digest as well.
    "require-sri": ["error", { target: "crossorigin" }],
    // The theme writes the contents of a page twice, for wide and for narrow windows, and shows one of them.
    "unique-landmark": "off",
    // The theme's search, its choice of colours and the settings of the laboratory act at once: none is sent.
    "wcag/h32": "off",
    // The theme lets no browser remember its two switches.
    "valid-autocomplete": "off",
    // The labels of the theme's switches are icons. axe finds fields of ours that have no name.
    "input-missing-label": "off",
  },
};
