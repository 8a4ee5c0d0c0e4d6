"""Google's Lighthouse over the built site: ``make lighthouse``."""
