print("an analysis that changes ten times a day")
