-- Log in as one of the bench's learners.
dofile(os.getenv("SICAL_WRK") .. "/report.lua")

function init()
  seed()
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  return wrk.format("POST", "/api/v1/auth/login", nil, '{"email":"bench@example.test","password":"correct horse battery"}')
end
