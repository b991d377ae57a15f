"""The functions that a reader is asked to write, a module for each chapter.

For each there are three named sections, which the page of the chapter includes: `name-stub`, the head
with a docstring that says what is asked; `name`, the whole function; and `check_name`, which tells a
right answer from a wrong one. These use only what the reader's file of that chapter has. `WRONG` gives
known wrong answers, each under the words that the check must have for it.
"""
