# Removes files in the system's and the user's temporary folders that were not changed for ten days.
# A file that is open stays; the detection that follows says whether any is left.
$limit = (Get-Date).AddDays(-10)
$folders = @($env:TEMP, (Join-Path $env:SystemRoot 'Temp')) | Select-Object -Unique
$folders | Where-Object { Test-Path -LiteralPath $_ } |
    ForEach-Object { Get-ChildItem -LiteralPath $_ -File -Recurse -Force -Attributes !ReparsePoint -ErrorAction SilentlyContinue } |
    Where-Object { $_.LastWriteTime -lt $limit } |
    Remove-Item -Force -ErrorAction SilentlyContinue
exit 0
