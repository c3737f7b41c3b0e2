"""The pages: what there is to see, for a person with a browser.  One file per page."""
