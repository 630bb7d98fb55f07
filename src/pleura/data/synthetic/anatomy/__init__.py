"""A patient drawn at random: smooth fields, formulas, splines and trees in millimetres; nothing is a voxel yet."""
