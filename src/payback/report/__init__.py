"""Stage 7, words: answers as text, pictures and files."""
