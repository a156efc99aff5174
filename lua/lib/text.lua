-- Small helpers for text. Everything is a plain function: text.trim(line).
local text = {}

-- Without white space at both ends.
function text.trim(s)
  return (s:match("^%s*(.-)%s*$"))
end

function text.starts(s, prefix)
  return s:sub(1, #prefix) == prefix
end

function text.ends(s, suffix)
  return suffix == "" or s:sub(-#suffix) == suffix
end

-- Splits at each `separator`, which is plain text. At most `most` parts: the last one keeps what is left.
function text.split(s, separator, most)
  local parts, at = {}, 1
  while not most or #parts < most - 1 do
    local from, to = s:find(separator, at, true)
    if not from or to < from then break end
    parts[#parts + 1] = s:sub(at, from - 1)
    at = to + 1
  end
  parts[#parts + 1] = s:sub(at)
  return parts
end

-- The first word, and what follows it.
function text.word(s)
  local first, rest = s:match("^%s*(%S+)%s*(.*)$")
  return first or "", rest or ""
end

-- The first `n` characters (not bytes); text that is not UTF-8 is cut by bytes.
function text.first(s, n)
  if #s <= n then return s end
  if not utf8.len(s) then return s:sub(1, n) end
  local stop = utf8.offset(s, n + 1)
  return stop and s:sub(1, stop - 1) or s
end

return text
