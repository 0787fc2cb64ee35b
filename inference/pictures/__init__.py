"""From the bytes of a picture, whatever they are, to the pixels that a model looks at.

`decoding` is the way, and what everybody else asks. What a header promises is looked at before a
decoder sees it (`limits`, `jpeg`, `tiff`, `boxes`, `av1`), and how much of a file may be read while
it does (`reading`). `plugins` and `misread` set Pillow right, `modes` and `grey` bring every mode
to 8 bits, `formats` says which file is which.
"""
