-- GET one goal, a random one of the ids in GET_IDS, with a token.
dofile(os.getenv("SICAL_WRK") .. "/report.lua")
local ids = {}

function init()
  seed()
  for line in io.lines(os.getenv("GET_IDS")) do ids[#ids + 1] = line end
  wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN")
end

function request()
  return wrk.format("GET", os.getenv("GET_PREFIX") .. ids[math.random(#ids)])
end
