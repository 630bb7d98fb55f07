"""Class, severity, extent, age and sex in; signs, symptoms and laboratory values out."""
