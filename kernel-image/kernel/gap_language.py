"""GAP's code by the GAP that Sage has inside it, which is warm: a program of its own takes seconds to start; next: lean.py."""

# Everything is made into text by GAP itself. An error leaves the call by another way than its result: the result is kept.
READER = """function(text)
  local stream, said, one, at;
  stream := InputTextString(text);
  said := READ_ALL_COMMANDS(stream, false, true, ViewString);
  CloseStream(stream);
  SandcellSaid := ["", true];
  for one in said do
    if one[1] <> true then
      SandcellSaid[2] := false;
      return;
    fi;
    Append(SandcellSaid[1], one[5]);
    if IsBound(one[4]) and one[3] <> true then
      Append(SandcellSaid[1], StripLineBreakCharacters(one[4]));
      Append(SandcellSaid[1], "\\n");
    fi;
  od;
end"""
KEPT = "SandcellSaid"


class GapError(RuntimeError):
    """What GAP said."""


def evaluate(code):
    """What its statements say, up to the first that fails; then GapError after it. Returns (text, error or None)."""
    from sage.libs.gap.libgap import libgap

    libgap.eval("%s := [];" % KEPT)
    reader = libgap.eval(READER)
    try:
        reader(code if code.rstrip().endswith(";") else code + ";")
    except SystemError as late:
        error = late.__cause__
        if error is None:
            raise
    except Exception as told:
        error = told
    else:
        error = None
    text, fine = libgap.eval(KEPT)
    return text.sage(), None if bool(fine) else GapError(_words(error, libgap))


def _words(error, libgap):
    """GAP keeps what it says of a syntax error for the next error that it tells."""
    if error is None:
        try:
            libgap.eval('Error("")')
        except Exception as next_error:
            error = next_error
    lines = [line for line in str(error).split("\n") if not line.startswith("Syntax warning")]
    first = next((line for line in lines if line.startswith(("Error, ", "Syntax error")) and line != "Error, "), "It is no whole statement.")
    return first.removeprefix("Error, ")
