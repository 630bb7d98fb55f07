"""What a study is to show in; how many cases it needs out."""
