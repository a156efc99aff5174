-- Small helpers for arrays. None of them changes what it is given.
local list = {}

function list.map(items, change)
  local out = {}
  for i, item in ipairs(items) do out[i] = change(item) end
  return array(out)
end

function list.filter(items, keep)
  local out = {}
  for _, item in ipairs(items) do
    if keep(item) then out[#out + 1] = item end
  end
  return array(out)
end

function list.has(items, wanted)
  for _, item in ipairs(items) do
    if item == wanted then return true end
  end
  return false
end

-- A table that says of each item whether it is there: for lists that are asked often.
function list.set(items)
  local out = {}
  for _, item in ipairs(items) do out[item] = true end
  return out
end

return list
