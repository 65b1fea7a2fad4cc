"""What makes it a course: sections, the catalogue of images, exercises, progress."""
