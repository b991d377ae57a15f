// CodeMirror in the place of a field. The field, which is hidden then, holds the text as before.
import {
  bracketMatching, defaultKeymap, EditorView, HighlightStyle, history, historyKeymap, indentOnInput, indentUnit,
  indentWithTab, keymap, python, syntaxHighlighting, tags,
} from "./codemirror.js";

// As code is shown on the pages.
const STYLE = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.function(tags.definition(tags.variableName))], fontWeight: 600 },
  { tag: tags.comment, color: "var(--v-green)" },
  { tag: tags.string, color: "var(--v-accent)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--v-blue)" },
]);

// Shows a hint how to leave it, and returns a function that shows another text.
export function openEditor(field, hint) {
  const view = new EditorView({
    doc: field.value,
    extensions: [
      python(), indentUnit.of("    "), indentOnInput(), bracketMatching(), history(), syntaxHighlighting(STYLE),
      // Escape lets the next Tab leave.
      keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
      EditorView.contentAttributes.of({ "aria-label": field.ariaLabel, "aria-describedby": hint.id }),
      EditorView.updateListener.of(({ docChanged, state }) => {
        if (docChanged) field.value = state.doc.toString();
      }),
    ],
  });
  const focused = document.activeElement === field;
  field.before(view.dom);
  field.hidden = true;
  hint.hidden = false;
  if (focused) view.focus();
  return (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
}
