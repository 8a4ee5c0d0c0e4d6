"""The book as one PDF, made from the built website.

- `plan`: which pages of the site make the book, in which order.
- `binding`: the pages as one document, with a title page and contents.
- `press`: the document printed by Chromium, and printed again with the numbers of its pages.
- `finish`: the outline beside the pages, and what the file says about itself.

The pages are joined before they are printed, not after. So a link from chapter to chapter is a link
within one document, pages are numbered through, and the tags that a screen reader needs stay whole.
"""
