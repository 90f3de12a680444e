-- What a packet script may use. Run once, before the script; everything else is gone.
--
-- A script is limited in memory and interrupted when a call takes too long. Left out is therefore, besides what
-- reaches the host, whatever cannot be interrupted: finalizers and with them metatables, patterns and table.move (one
-- call may take for ever), and pcall, which would catch the interruption.

local find, rep = string.find, string.rep
local STRING_MAX = 1048576
-- Comparisons of bytes in one search, text length times length wanted.
local SEARCH_MAX = 268435456
-- No real list is longer: its elements would not fit the interpreter's memory. One with holes may say that it is.
local LIST_MAX = 262144

local allowed = {
  assert = assert, error = error, ipairs = ipairs, next = next, pairs = pairs, select = select,
  tonumber = tonumber, tostring = tostring, type = type,
  math = { abs = math.abs, floor = math.floor, huge = math.huge, max = math.max, min = math.min },
  string = {
    byte = string.byte, char = string.char, format = string.format, len = string.len,
    lower = string.lower, reverse = string.reverse, sub = string.sub, upper = string.upper,
  },
  table = { concat = table.concat },
}

function allowed.string.find(text, wanted, init, plain)
  if not plain then
    error("string.find looks for plain text only: give its fourth argument as true", 2)
  end
  if #text * #wanted > SEARCH_MAX then
    error("string.find does not search this much at once", 2)
  end
  return find(text, wanted, init, true)
end

function allowed.string.rep(text, times)
  if times > STRING_MAX or #text * times > STRING_MAX then
    error("string.rep makes at most " .. STRING_MAX .. " bytes", 2)
  end
  return rep(text, times)
end

for _, name in ipairs({ "insert", "remove", "sort" }) do
  local work = table[name]
  allowed.table[name] = function(list, ...)
    if #list > LIST_MAX then
      error("table." .. name .. " takes at most " .. LIST_MAX .. " elements", 2)
    end
    return work(list, ...)
  end
end

-- Methods of strings, as in text:sub(1, 2), are looked up in the library's own table.
for name in pairs(string) do
  string[name] = allowed.string[name]
end
allowed.string = string

local globals = _G
for name in pairs(globals) do
  globals[name] = allowed[name]
end
