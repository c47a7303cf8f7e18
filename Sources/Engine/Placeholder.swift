// Placeholder so that the package builds while this module is being written.
