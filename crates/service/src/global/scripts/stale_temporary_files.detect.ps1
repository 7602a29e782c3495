# Finds files in the system's and the user's temporary folders that were not changed for ten days.
# Exit code 1: there are some. 0: there are none.
$ErrorActionPreference = 'SilentlyContinue'
$limit = (Get-Date).AddDays(-10)
$folders = @($env:TEMP, (Join-Path $env:SystemRoot 'Temp')) | Select-Object -Unique
$stale = @($folders | Where-Object { Test-Path -LiteralPath $_ } |
    ForEach-Object { Get-ChildItem -LiteralPath $_ -File -Recurse -Force -Attributes !ReparsePoint } |
    Where-Object { $_.LastWriteTime -lt $limit })
Write-Output "$($stale.Count) files not changed for 10 days"
if ($stale.Count -gt 0) { exit 1 }
exit 0
